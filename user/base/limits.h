/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h: every bound in one place. No input, however hostile, grows anything past these. */
#ifndef LLMSNOOP_LIMITS_H
#define LLMSNOOP_LIMITS_H

#include <stddef.h>
#include <stdint.h>

struct limits {
	/* HTTP */
	size_t head_bytes;	 /* one message head: start line and all headers */
	unsigned int headers;	 /* headers of one message */
	size_t header_value;	 /* longest header value that is kept */
	size_t trailer_bytes;	 /* chunked trailers of one message */
	unsigned int pipeline;	 /* exchanges open at once on one connection */
	unsigned int h2_streams; /* wanted streams open at once on one HTTP/2 connection */
	/* Bytes of an HTTP/2 connection before it may go quiet: answers that are not seen cost the
	 * table by which later ones are read. */
	uint32_t h2_heard;
	uint32_t h2_table; /* of one side's header compression; at least 4 KiB are granted */
	/* content coding */
	unsigned int codings;	/* codings stacked on one body */
	uint64_t inflate_ratio; /* decoded bytes for each coded byte, past inflate_free */
	uint64_t inflate_free;	/* decoded bytes before the ratio is looked at */
	uint64_t inflate_total; /* decoded bytes of one body */
	/* framing */
	size_t event_headers; /* headers of one AWS event-stream frame */
	size_t part_head;     /* headers of one part of a form */
	size_t json_depth;    /* nested containers */
	size_t json_key;      /* longest key that is compared */
	size_t json_value;    /* longest scalar that is kept; longer ones are cut and say so */
	/* sessions */
	size_t held_bytes;  /* facts of one message, until it is known which turn they are of */
	size_t shape_bytes; /* facts of one candidate, until it is known which of them it is */
	/* files that are searched for TLS functions */
	uint64_t scan_bytes;	    /* of one file and search */
	uint64_t scan_rela;	    /* bytes of its relocations */
	uint64_t scan_relr;	    /* packed ones: each 8 bytes stand for up to 63 */
	unsigned int scan_pointers; /* into code that are kept */
	unsigned int scan_refs;	    /* references from code that are kept */
	unsigned int scan_starts;   /* beginnings of functions near the places of interest */
	uint32_t scan_function;	    /* bytes of one function; at most 64 KiB */
	/* tables */
	unsigned int conns; /* connections with state in user space */
	unsigned int conns_per_process;
	size_t early_bytes; /* answers that wait for their requests, of all connections */
	unsigned int processes;
	unsigned int calls;	 /* open calls */
	unsigned int turns;	 /* open calls of one session */
	unsigned int fetched;	 /* answers remembered, so that their usage counts once */
	unsigned int tool_calls; /* kept of one call */
	unsigned int finish_reasons;
	size_t call_bytes;     /* texts and lists of one open call */
	size_t calls_bytes;    /* of all open calls together */
	unsigned int attempts; /* failed requests remembered, to know their retries */
	unsigned int runs;     /* open runs of agents */
	unsigned int runs_per_process;
	unsigned int run_tools;	   /* uses of tools remembered of one run */
	size_t runs_bytes;	   /* what open runs take together, texts included */
	size_t runs_process_bytes; /* of that, those of one process */
	uint64_t run_silence_ns;   /* after which a run is over */
	uint64_t run_tool_ns;	   /* the same while the result of a tool is due */
	uint64_t run_failed_ns;	   /* the same after a failure that nobody tried again */
	unsigned int gaps_samples; /* inter-token samples kept exactly; more go to a histogram */
	/* metrics */
	unsigned int metric_series; /* of one metric; what comes later overflows into one more */
	size_t metric_texts;	    /* bytes of all their labels' values */
	unsigned int scrapers;	    /* connections to --metrics at once; others wait */
	size_t scrape_bytes;	    /* of a page that are held for one of them: one point or more */
	/* reports over files of records */
	unsigned int report_groups; /* told apart; all others are one */
	size_t report_bytes;	    /* of groups, their parts and names */
	size_t report_samples;	    /* bytes of times kept exactly; more go to histograms */
	size_t report_records;	    /* remembered, so that what comes twice counts once */
	unsigned int report_starts; /* runs of llmsnoop whose losses are told apart */
	/* content, where it is asked for */
	size_t content_request; /* of one request: its body as decoded, kept until the call ends */
	size_t content_answer;	/* of one answer: its texts; and of one event of it */
	size_t contents_bytes;	/* of all open calls together */
	size_t content_blob; /* longest image or sound that is passed on; longer ones are left out
			      */
	uint32_t content_nodes;	    /* values of one JSON document */
	unsigned int content_parts; /* parts of what is said in one call; and tools */
	size_t content_preview;	    /* bytes of each text in a preview */
	/* capture */
	unsigned int files;	   /* files remembered as looked into */
	unsigned int probed_files; /* the kernel holds their inodes */
	unsigned int looks;	   /* files waiting for the thread that looks into large ones */
	unsigned int waiting;	   /* processes of one such file that are told of the outcome */
	/* export by OTLP */
	size_t otlp_message;	  /* one record on its way to being one message */
	unsigned int otlp_name;	  /* characters of a span's name */
	size_t otlp_batch;	  /* messages that wait to be one request */
	size_t otlp_traces_bytes; /* encoded batches that wait to be sent */
	size_t otlp_metrics_bytes;
	size_t otlp_logs_bytes;
	size_t otlp_request_bytes; /* of one request, before compression */
	size_t otlp_answer_bytes;  /* read of an answer, head and body */
};

/* The values llmsnoop runs with; tests make their own. */
extern const struct limits limits_default;

#endif
