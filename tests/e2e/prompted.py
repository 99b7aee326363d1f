# SPDX-License-Identifier: Apache-2.0
"""Agents among the real clients (real.py): each gets a prompt and makes whatever calls it wants of
it. A function for each gives the arguments of real.Client, for the command that starts it."""
import json
import os

PROMPT = 'Say something about probes, in one sentence.'


def claude(command):
    def prepare(vendor, home):
        return {'ANTHROPIC_BASE_URL': vendor.base, 'ANTHROPIC_API_KEY': 'sk-ant-demo-not-a-key',
                'DISABLE_AUTOUPDATER': '1', 'CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC': '1',
                'IS_SANDBOX': '1', 'CLAUDE_CONFIG_DIR': home}
    return dict(command=[*command, '-p', PROMPT, '--output-format', 'stream-json', '--verbose',
                         '--include-partial-messages'],
                prepare=prepare, lines=False, streams=(True,), apis=(None,),
                first=b'"content_block_delta"')


CODEX = '''model = "gpt-5-codex"
approval_policy = "never"
sandbox_mode = "danger-full-access"
%s
[model_providers.mock]
name = "mock"
base_url = "%s/v1"
wire_api = "responses"
env_key = "OPENAI_API_KEY"
supports_websockets = %s
http_headers = {"x-demo" = "%s"}
request_max_retries = 2
'''


def codex(command, websocket):
    def prepare(vendor, home):
        with open(os.path.join(home, 'config.toml'), 'w') as f:
            f.write(CODEX % ('model_provider = "mock"', vendor.base,
                             'true' if websocket else 'false', vendor.demo))
        return {'CODEX_HOME': home, 'OPENAI_API_KEY': 'sk-demo-not-a-key'}
    return dict(command=[*command, 'exec', '--skip-git-repo-check', PROMPT], prepare=prepare,
                lines=False, streams=(True,), apis=(None,))


def opencode(command):
    def prepare(vendor, home):
        config = {'$schema': 'https://opencode.ai/config.json', 'autoupdate': False,
                  'share': 'disabled', 'provider': {'mock': {
                      'npm': '@ai-sdk/openai-compatible', 'name': 'mock',
                      'options': {'baseURL': vendor.base + '/v1', 'apiKey': 'sk-demo-not-a-key',
                                  'headers': {'x-demo': vendor.demo}},
                      'models': {'gpt-4o-mini': {'name': 'mock'}}}}}
        path = os.path.join(home, 'opencode.json')
        with open(path, 'w') as f:
            json.dump(config, f)
        return {'OPENCODE_CONFIG': path, 'HOME': home, 'OPENCODE_DISABLE_MODELS_FETCH': '1',
                'OPENCODE_DISABLE_AUTOUPDATE': '1', 'OPENCODE_DISABLE_DEFAULT_PLUGINS': '1',
                'OPENCODE_DISABLE_LSP_DOWNLOAD': '1', 'XDG_CONFIG_HOME': home,
                'XDG_DATA_HOME': home, 'XDG_CACHE_HOME': home, 'XDG_STATE_HOME': home}
    return dict(command=[*command, 'run', '-m', 'mock/gpt-4o-mini', PROMPT], prepare=prepare,
                lines=False, streams=(True,), apis=(None,))


def gemini(command):
    def prepare(vendor, home):
        os.makedirs(os.path.join(home, '.gemini'), exist_ok=True)
        with open(os.path.join(home, '.gemini/settings.json'), 'w') as f:
            json.dump({'security': {'auth': {'selectedType': 'gemini-api-key'}},
                       'general': {'disableAutoUpdate': True, 'disableUpdateNag': True},
                       'privacy': {'usageStatisticsEnabled': False}}, f)
        return {'GOOGLE_GEMINI_BASE_URL': vendor.base, 'GEMINI_API_KEY': 'demo-not-a-key',
                'GEMINI_CLI_TRUST_WORKSPACE': 'true', 'HOME': home,
                'GEMINI_CLI_CUSTOM_HEADERS': 'x-demo: ' + vendor.demo}
    return dict(command=[*command, '-m', 'gemini-2.5-flash', '-p', PROMPT],
                prepare=prepare, lines=False, streams=(True,),
                apis=(None,))
