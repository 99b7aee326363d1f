# SPDX-License-Identifier: Apache-2.0
# Perl's own HTTP::Tiny; common.py tells the contract.
use strict;
use warnings;
use HTTP::Tiny;
use JSON::PP;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my $json = JSON::PP->new->canonical;
my $api = $ENV{API} // 'openai';
my $stream = ($ENV{STREAM} // '1') eq '1';
my $url = $ENV{BASE} . ($api eq 'openai' ? '/v1/chat/completions' : '/v1/messages');
my $http = HTTP::Tiny->new(verify_SSL => 1, timeout => 60,
			   SSL_options => { SSL_ca_file => $ENV{SSL_CERT_FILE} });
my %headers = ('content-type' => 'application/json');
$headers{'x-demo'} = $ENV{DEMO} if $ENV{DEMO};
if ($api eq 'openai') {
	$headers{authorization} = 'Bearer sk-demo-not-a-key';
} else {
	%headers = (%headers, 'x-api-key' => 'sk-ant-demo-not-a-key',
		    'anthropic-version' => '2023-06-01');
}

# Nanoseconds as text: Perl's integers have 64 bits, but the clock comes as a real.
sub now { return int(clock_gettime(CLOCK_MONOTONIC) * 1e9) }

sub output_of {
	my ($e) = @_;
	if ($api eq 'openai') {
		my $c = $e->{choices}[0] or return '';
		return $c->{delta}{content} // $c->{delta}{tool_calls}[0]{function}{arguments} // '';
	}
	return $e->{delta}{text} // $e->{delta}{partial_json} // '';
}

for (1 .. ($ENV{CALLS} // 1)) {
	my %r = (client => 'perl', api => $api, stream => $stream ? JSON::PP::true : JSON::PP::false,
		 start_ns => now(), text => 0);
	my %body = (model => $ENV{MODEL} || ($api eq 'openai' ? 'gpt-4o-mini' : 'claude-sonnet-4-5'),
		    messages => [{ role => 'user', content => $ENV{PROMPT} // 'Say something.' }]);
	$body{max_tokens} = 4096 if $api eq 'anthropic';
	if ($stream) {
		$body{stream} = JSON::PP::true;
		$body{stream_options} = { include_usage => JSON::PP::true } if $api eq 'openai';
	}
	my $rest = '';
	my %options = (headers => \%headers, content => $json->encode(\%body));
	$options{data_callback} = sub {
		$rest .= $_[0];
		while ($rest =~ s/^(.*?)\r?\n//) {
			my $line = $1;
			next unless $line =~ /^data: ?(\{.*)/;
			my $e = $json->decode($1);
			$r{id} = $e->{id} // $e->{message}{id} // $r{id};
			$r{finish} = $e->{choices}[0]{finish_reason} // $r{finish} if $api eq 'openai';
			$r{finish} = $e->{delta}{stop_reason} // $r{finish} if $api eq 'anthropic';
			my $text = output_of($e);
			if ($text ne '') {
				$r{last_ns} = now();
				$r{first_ns} //= $r{last_ns};
				$r{text} += length $text;
			}
		}
	} if $stream;
	my $answer = $http->request('POST', $url, \%options);
	if (!$stream && $answer->{success}) {
		my $d = $json->decode($answer->{content});
		$r{first_ns} = $r{last_ns} = now();
		$r{id} = $d->{id};
		$r{finish} = $api eq 'openai' ? $d->{choices}[0]{finish_reason} : $d->{stop_reason};
	}
	$r{status} = $answer->{status} + 0;
	$r{error} = substr($answer->{content}, 0, 200) if $answer->{status} == 599;
	$r{end_ns} = now();
	print $json->encode(\%r), "\n";
}
