#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeded generator of coding-agent telemetry (JSONL) for ingester tests.

Emits schema-1.0 shaped endpoint events, and on request lines which are damaged
or which use other field naming (flat, ECS, OTel, runtime hook payloads).
The same arguments always give the same bytes.  Python >= 3.8, no dependencies.

  gen_events.py -n 10000 --seed 7 > a.jsonl
  gen_events.py --size 50M --seed 7 --style vector --gzip -o b.jsonl.gz
  gen_events.py -n 5000 --malformed .02 --flat .05 --ecs .05 --otel .05 --hook .02 \
                --nasty .01 -o c.jsonl --truth c.truth.jsonl --stats
"""
import argparse, datetime as dt, gzip, hashlib, io, json, math, random, sys, uuid

MAX_EVENT = 65536          # bytes of one event without the newline
LONG, RAW = 4096, 2048     # per-string caps (common fields / raw + gen_ai + mcp)
CUT = "...[truncated]"

# --------------------------------------------------------------- vocabulary
FIRST = "ana ben chloe dmitri esra farid greta hana ivan jun kofi lena mateo nadia omar priya quinn rosa sven tariq uma viktor wen ximena yuki zoë".split()
LAST = "adler borg castillo dubois eriksen fuchs garza haddad ito jansen kaya lindqvist mbeki nowak okafor petrov quirós rao sato tanaka ueda vargas weiss xu yilmaz zhou".split()
ORGS = ["northwind-labs", "papertrail-io", "quietriver", "moss-and-stone", "octavia"]
REPOS = ["billing-core", "edge-router", "mobile-app", "infra-live", "data-lake", "design-tokens", "auth-gateway", "web", "ml-serving", "docs"]
BRANCH = ["main", "main", "main", "develop", "fix/null-deref", "feat/retry-budget", "release/24.10", "user/zoë/spike", "chore/bump-deps"]
DIRS = ["src", "lib", "internal/store", "cmd/server", "app/views", "tests/unit", "deploy/k8s", "scripts", "наработки", "ドキュメント"]
STEMS = ["handler", "queue", "parser", "client", "index", "schema", "utils", "main", "pool", "README", "config", "naïve_cache", "报告", "limits"]
EXTS = [("go", "go"), ("py", "py"), ("ts", "ts"), ("rs", "rs"), ("c", "c"), ("h", "h"), ("tf", "tf"), ("yaml", "yaml"), ("md", "md"), ("sql", "sql")]
WORDS = ("add the retry budget timeout cache key shard lock queue worker parse token stream buffer flush commit index "
         "migrate column schema test flaky race condition rename move split merge handler endpoint request response header "
         "limit quota region bucket prefix object upload listing cursor page backoff jitter metric span trace log level "
         "please explain why this fails when running twice and keep behaviour unchanged for old clients without breaking "
         "refactor simplify remove dead code document assumptions check overflow signed unsigned integer leak free").split()
SPICE = ["🚀", "👩‍💻", "🇳🇴", "👍🏽", "✅ done", "naïve café", "Größe prüfen", "тест не проходит", "修复这个错误", "テストを直して", "اختبار",
         "한국어", "e\u0301", "\u200b", "\u2028", "a\\b", "C:\\Users\\dev\\proj", "tab\there", "line1\nline2", "\"quoted\"", "<div class='x'>&amp;</div>",
         "\x1b[31mred\x1b[0m", "{\"k\": [1, 2]}", "`code`", "100%", "\u00a0", "𝔘𝔫𝔦", "\x00nul", "\x7f", "…", "token=[REDACTED]"]
COMMANDS = ["make -j8 check", "cargo build --release", "pytest -q tests/unit -k queue", "npm run lint -- --fix", "git status --short",
            "git diff --stat HEAD~1", "rg -n 'TODO|FIXME' src", "ls -la && pwd", "docker compose up -d db", "kubectl get pods -n staging",
            "terraform plan -out=tf.plan", "sed -n '1,80p' main.c", "curl -sS https://status.example.net/healthz | jq .", "psql -c 'select count(*) from jobs'",
            "grep -R \"max_conn\" . | sort | uniq -c", "python3 - <<'PY'\nprint('ok')\nPY", "find . -name '*.o' -delete", "Get-ChildItem -Recurse | Measure-Object"]
TOOLS = ["Read", "Grep", "Glob", "WebFetch", "TodoWrite", "Task", "list_dir", "view_image", "search_files"]
MCP = [("tracker", "create_ticket"), ("warehouse", "run_query"), ("browser", "open_page"), ("wiki", "search__pages"), ("", "lookup")]
HARNESS = [("claude_code", 22, "otlp"), ("claude_code", 22, "hook"), ("cursor", 24, "hook"), ("codex_cli", 12, "otlp"), ("gemini_cli", 4, "otlp"),
           ("copilot_cli", 4, "otlp"), ("vscode_copilot", 5, "hook"), ("opencode", 4, "hook"), ("antigravity_cli", 2, "hook"), ("devin", 2, "hook"),
           ("grok", 1, "hook"), ("pi_cli", 1, "hook"), ("cline", 1, "hook"), ("some-new-agent", 1, "hook")]
MODELS = {"claude_code": ["claude-opus-x", "claude-sonnet-x"], "codex_cli": ["gpt-x-codex"], "gemini_cli": ["gemini-x-pro"]}
OSES = [("darwin", 60), ("linux", 30), ("windows", 10)]
ORDER = ("timestamp vendor product schema_version event severity endpoint user harness origin error run session trace jsonrpc network rpc "
         "server tool file command mcp approval policy prompt content destination health gen_ai model repository branch message raw field_truncated").split()
CATEGORY = {"prompt": "prompt", "command": "command", "file": "file", "mcp": "mcp", "approval": "approval", "session": "session", "tool": "tool",
            "agent": "session", "subagent": "session", "token": "metric", "cost": "metric", "metric": "metric", "trace": "trace", "inventory": "inventory"}


class Gen:
    def __init__(self, a):
        self.a, self.r = a, random.Random(a.seed)
        self.t = a.start * 10**9
        self.sessions, self.sent = [], []
        r = self.r
        self.people = []
        for i in range(a.users):
            f, l = r.choice(FIRST), r.choice(LAST)
            osn = self.pick(OSES)
            self.people.append(dict(name=f"{f}.{l}"[:20], uid=str(r.choice([501, 502, 1000, 1001, 1000 + i])), email=f"{f}.{l}@example.org", os=osn,
                                    host={"darwin": f"{f}-mbp.local", "linux": f"ws-{i:04d}.corp.example", "windows": f"WS{i:05d}"}[osn],
                                    ver=r.choice(["1.0.9", "1.1.3", "1.2.0", "1.2.2"])))

    # ----------------------------------------------------------- small helpers
    def pick(self, pairs):
        return self.r.choices([p[0] if len(p) == 2 else p for p in pairs], [p[1] for p in pairs])[0]

    def size(self, median, sigma, hi):
        return max(1, min(hi, int(median * math.exp(self.r.gauss(0, sigma)))))

    def hexid(self, n):
        return "%0*x" % (n, self.r.getrandbits(4 * n))

    def uuid(self):
        return str(uuid.UUID(int=self.r.getrandbits(128), version=4))

    def text(self, n, spice=.04):
        """about n bytes of prose, with awkward pieces mixed in"""
        r, out, have = self.r, [], 0
        while have < n:
            w = r.choice(SPICE) if r.random() < spice else r.choice(WORDS)
            if r.random() < .08:
                w += r.choice([".", ",", ":", "?", "\n"])
            out.append(w)
            have += len(w.encode("utf-8", "replace")) + 1
        return " ".join(out)

    def output(self, n):
        """tool output: log lines, diffs, listings"""
        r, out, have = self.r, [], 0
        while have < n:
            k = r.random()
            if k < .4:
                s = f"{r.choice(DIRS)}/{r.choice(STEMS)}.{r.choice(EXTS)[0]}:{r.randrange(1, 900)}: {self.text(40, .05)}"
            elif k < .7:
                s = r.choice("+- ") + "    " * r.randrange(4) + self.text(30, .02)
            else:
                s = f"[{r.randrange(10**6):>8}] {r.choice(['PASS', 'FAIL', 'warning', 'ok'])}\t{self.hexid(12)}\t{r.random():.3f}s"
            out.append(s)
            have += len(s) + 1
        return "\n".join(out)

    @staticmethod
    def cut(s, limit):
        """byte cut as a byte-oriented writer does it: may hit the middle of a character"""
        b = s.encode("utf-8", "surrogatepass")
        if len(b) <= limit:
            return s
        return b[:limit - 15].decode("utf-8", "replace") + CUT

    def when(self):
        s, ns = divmod(self.t, 10**9)
        base = dt.datetime.fromtimestamp(s, dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
        return base + (".%09dZ" % ns if self.a.ts == "ns" else "Z")

    # ----------------------------------------------------------- sessions
    def new_session(self):
        r, p = self.r, self.r.choice(self.people)
        name, _, path = r.choices(HARNESS, [h[1] for h in HARNESS])[0]
        org, repo = r.choice(ORGS), r.choice(REPOS)
        origin = r.choices(["", "local", "ci", "cloud"], [76, 6, 10, 8])[0]
        cwd = {"darwin": f"/Users/{p['name']}/work/{repo}", "linux": f"/home/{p['name']}/{repo}", "windows": f"C:\\Users\\{p['name']}\\{repo}"}[p["os"]]
        if origin == "ci":
            cwd = f"/home/runner/work/{repo}/{repo}"
        s = dict(p=p, harness=name, path=path, id=self.uuid(), cwd=cwd, org=org, repo=repo, branch=r.choice(BRANCH), origin=origin,
                 model=r.choice(MODELS.get(name, ["auto", "gpt-x", "claude-sonnet-x"])), left=self.size(30, 1.0, 600), started=False, trace=self.hexid(32))
        s["url"] = {"otlp": f"https://github.com/{org}/{repo}" + r.choice(["", ".git"]), "hook": cwd}[path]
        if path == "otlp" and r.random() < .2:
            s["url"] = f"git@github.com:{org}/{repo}.git"
        if origin == "ci":
            s["run"] = dict(provider="github_actions", run_id=str(r.randrange(10**9, 10**10)), run_attempt=str(r.choice([1, 1, 1, 2])), workflow=r.choice(["ci", "Agent review", "nightly"]),
                            job=r.choice(["build", "review", "test (3.12)"]), event_name=r.choice(["push", "pull_request"]), commit=self.hexid(40),
                            repository=f"{org}/{repo}", branch=s["branch"], actor=p["name"], ephemeral=True)
            if s["run"]["event_name"] == "pull_request":
                n = str(r.randrange(1, 4000))
                s["run"].update(pr=f"refs/pull/{n}/merge", pr_number=n)
        elif origin == "cloud":
            s["run"] = dict(provider=r.choice(["claude_code_web", "cursor_cloud"]), run_id=s["id"], repository=f"{org}/{repo}", branch=s["branch"], ephemeral=True)
        return s

    def base(self, s, action, message, severity="info", category=None):
        p, e = s["p"], {}
        e["timestamp"], e["vendor"], e["product"], e["schema_version"] = self.when(), "beacon", "endpoint-agent", "1.0"
        e["event"] = dict(kind="agent_runtime", action=action, category=category or CATEGORY.get(action.split(".")[0], ""))
        e["severity"] = severity
        host = p["host"] if s["origin"] not in ("ci", "cloud") else "runner-" + s["id"][:8]
        e["endpoint"] = dict(hostname=host, os=p["os"] if s["origin"] not in ("ci", "cloud") else "linux")
        if s["path"] == "otlp":
            e["endpoint"]["agent_version"] = p["ver"]
        e["user"] = {"name": p["name"]}
        if s["path"] == "otlp" and self.r.random() < .3:
            e["user"] = self.r.choice([{}, {"name": "root"}, {"name": p["name"], "uid": p["uid"]}])
        elif s["origin"] == "cloud":
            e["user"] = {"name": "", "uid": hashlib.sha256(p["email"].encode()).hexdigest()[:32]}
        e["harness"] = dict(name=s["harness"])
        if self.r.random() < .3:
            e["harness"]["version"] = f"{self.r.randrange(3)}.{self.r.randrange(200)}.{self.r.randrange(9)}"
        if s["origin"]:
            e["origin"] = s["origin"]
        if "run" in s:
            e["run"] = dict(s["run"])
        e["session"] = dict(id=s["id"], working_directory=s["cwd"])
        if s["path"] == "otlp":
            e["trace"] = dict(id=s["trace"], span_id=self.hexid(16))
        if self.r.random() < .7:
            e["model"] = s["model"]
        e["repository"], e["branch"] = s["url"], s["branch"]
        e["message"] = message
        return e

    def attrs(self, s, extra):
        """raw.attributes of a telemetry record"""
        a = {"service.name": s["harness"].replace("_", "-"), "service.version": "2.%d.%d" % (self.r.randrange(9), self.r.randrange(99)),
             "session.id": s["id"], "user.email": s["p"]["email"], "event.sequence": self.r.randrange(2000)}
        if self.r.random() < .5:
            a.update({"user.account_uuid": self.uuid(), "organization.id": self.uuid(), "terminal.type": self.r.choice(["iTerm", "vscode", "tmux", "ssh"]),
                      "os.type": s["p"]["os"], "host.arch": self.r.choice(["arm64", "amd64"])})
        a.update(extra)
        return a

    def usage(self):
        r = self.r
        u = {}
        if r.random() < .5:
            u["cache_creation"] = {"input_tokens": self.size(1500, 1.2, 200000)}
        if r.random() < .7:
            u["cache_read"] = {"input_tokens": self.size(20000, 1, 900000)}
        if r.random() < .5:
            u["cost_usd"] = round(self.size(20000, 1.4, 10**8) / 1e6, 6)
        u["input_tokens"], u["output_tokens"] = self.size(900, 1.5, 10**6), self.size(350, 1.2, 64000)
        if r.random() < .2:
            u["reasoning"] = {"output_tokens": self.size(400, 1, 50000)}
        return u

    def path_(self, s):
        ext, lang = self.r.choice(EXTS)
        sep = "\\" if "\\" in s["cwd"] else "/"
        return s["cwd"] + sep + self.r.choice(DIRS).replace("/", sep) + sep + self.r.choice(STEMS) + "." + ext, lang

    def retained(self, original):
        b = original.encode("utf-8", "replace")
        c = dict(retention="full", included=True)
        if len(b) > LONG:
            c["truncated"] = True
        c["hash"], c["bytes"] = hashlib.sha256(b).hexdigest(), len(b)
        return c

    def parts(self, total, kind="text"):
        """a list of message parts, none above the raw string cap"""
        out = []
        while total > 0:
            n = min(total, self.size(500, 1.0, 2600))
            out.append({"type": kind, "content": self.cut(self.text(n) if self.r.random() < .5 else self.output(n), RAW)})
            total -= n
        return out or [{"type": kind, "content": "ok"}]

    def result(self, total):
        """tool result object of about `total` bytes"""
        r = self.r
        if total < 1800:
            return {"stdout": self.cut(self.output(total), RAW), "stderr": "", "interrupted": False}
        files = []
        while total > 0:
            n = min(total, self.size(600, .8, 2600))
            files.append({"filePath": f"{r.choice(DIRS)}/{r.choice(STEMS)}.{r.choice(EXTS)[0]}", "numLines": r.randrange(400), "content": self.cut(self.output(n), RAW)})
            total -= n + 90
        return {"type": "search", "files": files, "durationMs": r.randrange(9000)}

    def event(self, s):
        r, hook = self.r, s["path"] == "hook"
        if not s["started"]:
            s["started"] = True
            return self.base(s, "session.started", "Session opened")
        if s["left"] <= 1:
            return self.base(s, "session.ended", "Session closed")
        act = self.pick([("prompt.submitted", 90), ("tool.invoked", 170), ("command.executed", 170), ("file.read", 130), ("file.modified", 120), ("file.created", 8),
                         ("mcp.tool_invoked", 60), ("approval.requested", 22), ("approval.allowed", 40), ("approval.denied", 8), ("tool.completed", 45),
                         ("tool.failed", 22), ("session.activity", 60), ("agent.reasoning", 18), ("agent.response.completed", 15), ("subagent.started", 6),
                         ("subagent.stopped", 6), ("token.usage", 40), ("cost.usage", 10), ("metric.observed", 14), ("session.status", 8), ("session.compacting", 3),
                         ("trace.unclassified", 2)])
        budget = self.size(100, 2.15, 52000)              # bytes of free content
        if r.random() < .0015:
            budget = 90000                                # oversize on purpose: the writer has to cut
        sev = {"tool.failed": "high", "approval.denied": "high"}.get(act, "info")
        if r.random() < .01:
            sev = r.choice(["low", "medium", "critical"])
        e = self.base(s, act, {"p": "Prompt sent", "c": "Command finished", "f": "File touched", "m": "MCP call seen"}.get(act[0], "Agent activity") + f" ({act})", sev)
        extra = {}
        if act == "prompt.submitted":
            full = self.text(budget)
            e["prompt"] = {"text": self.cut(full, LONG)}
            if r.random() < .3:
                e["content"] = self.retained(full)
            if not hook and r.random() < .4:
                e["gen_ai"] = {"input": {"messages": [{"role": "user", "parts": self.parts(budget)}]}}
            extra = {"event.name": "user_prompt", "prompt_length": len(full)}
        elif act.startswith("command."):
            cmd = r.choice(COMMANDS) if r.random() < .9 else self.cut(r.choice(COMMANDS) + " # " + self.text(budget), LONG)
            e["tool"] = {"name": r.choice(["Bash", "Shell", "run_terminal_cmd"]), "command": cmd}
            e["command"] = {"command": cmd}
            if hook and r.random() < .6:
                e["command"]["output"] = self.cut(self.output(min(budget, 9000)), LONG)
            if r.random() < .6:
                e["command"]["exit_code"] = r.choice([0, 0, 0, 0, 1, 2, 127, 130, -1])
            if r.random() < .6:
                e["command"]["duration_ms"] = self.size(900, 1.6, 3600000)
            if budget > 5000:
                e["gen_ai"] = {"operation": {"name": "execute_tool"}, "tool": {"call": {"arguments": {"command": cmd[:RAW - 20]}, "id": "call_" + self.hexid(20), "result": self.result(budget)}, "name": "shell"}}
            extra = {"event.name": "tool_result", "success": r.choice(["true", "false"])}
        elif act.startswith("file."):
            p, lang = self.path_(s)
            op = {"file.read": "read", "file.created": "create"}.get(act, "modify")
            e["tool"] = {"name": {"read": "Read", "create": "Write"}.get(op, "Edit"), "path": p}
            e["file"] = {"path": p, "operation": op, "language": lang}
            if op != "read" and hook:
                d = self.output(min(budget, 12000))
                e["file"].update(diff_hash=hashlib.sha256(d.encode("utf-8", "replace")).hexdigest(), diff_bytes=len(d.encode("utf-8", "replace")), diff=self.cut(d, LONG))
            if budget > 6000:
                e["gen_ai"] = {"operation": {"name": "execute_tool"}, "tool": {"call": {"id": "toolu_" + self.hexid(22), "result": self.result(budget)}, "name": e["tool"]["name"]}}
            extra = {"event.name": "tool_result", "tool_input": json.dumps({"file_path": p})}
        elif act == "mcp.tool_invoked":
            srv, tool = r.choice(MCP)
            e["tool"] = {"name": f"mcp__{srv}__{tool}" if srv else f"MCP:{tool}"}
            e["mcp"] = {"server": srv, "tool": tool, "method": {"name": "tools/call"}} if hook or srv else {"tool": tool, "method": {"name": "tools/call"}}
            e["gen_ai"] = {"operation": {"name": "execute_tool"}, "tool": {"call": {"arguments": {"query": self.cut(self.text(60), RAW), "limit": r.randrange(500)}, "id": self.hexid(24), "result": self.result(budget)}, "name": tool}}
            if r.random() < .1:
                e["error"], e["jsonrpc"] = {"type": "tool_error"}, {"request": {"id": str(r.randrange(99))}, "protocol": {"version": "2.0"}}
            if r.random() < .1:
                e["network"], e["server"] = {"protocol": {"name": "http", "version": "2"}, "transport": "tcp"}, {"address": "mcp.example.net", "port": 443}
            extra = {"event.name": "tool_result", "tool_type": "mcp"}
        elif act.startswith("approval."):
            cmd = r.choice(COMMANDS)
            e["tool"], e["command"] = {"name": "Bash", "command": cmd}, {"command": cmd}
            e["approval"] = {"required": True, "decision": {"requested": "requested", "allowed": r.choice(["allow", "accept", "once"]), "denied": r.choice(["deny", "reject"])}[act[9:]],
                             "reason": self.cut(self.text(min(budget, 600)), LONG)}
            if act == "approval.denied":
                e["policy"] = {"id": "rule-%d" % r.randrange(99), "decision": "deny", "enforcement": "enforce", "reason": e["approval"]["reason"]}
            extra = {"event.name": "tool_decision", "decision": e["approval"]["decision"]}
        elif act.startswith("tool."):
            e["tool"] = {"name": r.choice(TOOLS)}
            if act == "tool.failed":
                e["error"] = {"type": r.choice(["timeout", "tool_error", "ENOENT"])}
            if budget > 400 or r.random() < .2:
                e["gen_ai"] = {"operation": {"name": "execute_tool"}, "tool": {"call": {"arguments": {"pattern": self.text(30), "path": s["cwd"]}, "id": "toolu_" + self.hexid(22), "result": self.result(budget)}, "name": e["tool"]["name"]}}
            extra = {"event.name": "tool_result", "tool_name": e["tool"]["name"], "duration_ms": str(r.randrange(60000))}
        elif act in ("session.activity", "agent.response.completed"):
            e["gen_ai"] = {"operation": {"name": "chat"}, "provider": {"name": r.choice(["anthropic", "openai"])}, "request": {"max_tokens": 8192, "model": s["model"], "stream": True, "temperature": r.choice([0, 0.2, 1])},
                           "response": {"finish_reasons": [r.choice(["stop", "tool_use"])], "id": "msg_" + self.hexid(24), "model": s["model"]}, "usage": self.usage()}
            if r.random() < .5:
                e["gen_ai"]["output"] = {"messages": [{"role": "assistant", "parts": self.parts(budget)}]}
            if not hook:
                u = e["gen_ai"]["usage"]
                extra = {"event.name": "api_request", "input_tokens": u["input_tokens"], "output_tokens": u["output_tokens"], "duration_ms": r.randrange(90000)}
        elif act == "agent.reasoning":
            full = self.text(budget + 300)
            e["gen_ai"] = {"output": {"messages": [{"role": "assistant", "parts": [{"type": "reasoning", "content": self.cut(full, RAW)}]}]}}
            e["content"] = self.retained(full)
        elif act in ("token.usage", "cost.usage", "metric.observed"):
            typ = r.choice(["input", "output", "cacheRead", "cacheCreation"])
            v = self.size(2000, 1.5, 10**6)
            e["message"] = name = s["harness"] + "." + ({"token.usage": "token.usage", "cost.usage": "cost.usage"}.get(act) or r.choice(["session.count", "lines_of_code.count"]))
            if act == "token.usage":
                e["gen_ai"] = {"token": {"type": typ}, "usage": {"input": {"input_tokens": v}, "output": {"output_tokens": v}, "cacheRead": {"cache_read": {"input_tokens": v}}, "cacheCreation": {"cache_creation": {"input_tokens": v}}}[typ]}
            elif act == "cost.usage":
                v = round(v / 1e5, 7)
                e["gen_ai"] = {"usage": {"cost_usd": v}}
            e["raw"] = {"attributes": self.attrs(s, {"type": typ, "model": s["model"]}), "metric_description": self.text(30, 0), "metric_monotonic": True, "metric_name": name,
                        "metric_temporality": "Delta", "metric_type": "Sum", "metric_unit": "tokens", "metric_value": v, "otel_signal": "metrics"}
        elif act.startswith("subagent."):
            e["raw"] = {"subagent": {"description": None, "duration_ms": r.choice([None, r.randrange(10**6)]), "id": self.hexid(16), "message_count": None, "model": None, "summary": self.cut(self.text(budget), RAW), "type": r.choice(["explore", "review"])}}
        if "raw" not in e:
            if not hook:
                e["raw"] = {"attributes": self.attrs(s, extra), "otel_signal": r.choice(["logs", "logs", "traces"]), "severity": ""}
            elif s["harness"] in ("grok", "opencode", "vscode_copilot") and r.random() < .8:
                e["raw"] = {{"vscode_copilot": "vscode"}.get(s["harness"], s["harness"]): {"sessionId": s["id"], "cwd": s["cwd"], "toolResult": self.cut(self.output(min(budget, 3000)), RAW)}}
        return e

    def inventory(self):
        r, p = self.r, self.r.choice(self.people)
        s = dict(p=p, harness="endpoint", path="otlp", origin="", id="", cwd="", url="", branch="", model="", trace="")
        e = self.base(s, r.choice(["inventory.snapshot"] * 2 + ["inventory.heartbeat"]), "Configuration inventory")
        for k in ("session", "trace", "model", "repository", "branch"):
            e.pop(k, None)
        home = {"darwin": "/Users/", "linux": "/home/", "windows": "C:\\Users\\"}[p["os"]] + p["name"]
        sha = lambda: "sha256:" + self.hexid(64)
        inv = dict(generated_at=e["timestamp"], runtimes=["claude_code", "codex_cli", "cursor", "agent_skills"], trigger="hook", trigger_harness="cursor", ttl_seconds=86400,
                   snapshot_digest=sha(), previous_snapshot_digest=r.choice(["", sha()]))
        snap = e["event"]["action"].endswith("snapshot")
        want = r.randrange(20000, 60000) if snap else 0
        conf, mcp, skills = [], [], []
        size = 0
        while size < want:
            k = r.random()
            path = f"{home}/.{r.choice(['agent', 'tool', 'config'])}/{r.choice(STEMS)}-{self.hexid(4)}.json"
            if k < .25:
                o = dict(runtime="cursor", path=path, path_hash=self.hexid(64), scope="user", config_kind="native_config", parser_mode="json", exists=True, readable=True,
                         parser_status="ok", file_sha256=self.hexid(64), modified_at=e["timestamp"][:19] + "Z", mcp_server_count=r.randrange(6), beacon_managed=False, redaction="full")
                if r.random() < .3:
                    t = self.output(self.size(1500, .7, 5000)).replace("ok", "***REDACTED***")
                    o["content"] = dict(bytes=len(t), redacted_count=t.count("***REDACTED***"), text=t)
                conf.append(o)
            elif k < .5:
                o = dict(runtime="claude_code", server_name=r.choice(MCP)[0] or "local", server_name_hash=self.hexid(64), source_path=path, source_path_hash=self.hexid(64), source_scope="project",
                         transport=r.choice(["stdio", "http", "sse"]), command_present=True, command_name="npx", command_name_hash=self.hexid(64), args_count=3, url_present=False,
                         env_keys=["LOG_LEVEL", "REGION"], env_key_count=2, definition_hash=self.hexid(64), parser_status="ok", redaction="full")
                mcp.append(o)
            else:
                o = dict(runtime="agent_skills", skill_name=r.choice(STEMS) + "-" + self.hexid(3), skill_name_hash=self.hexid(64), root_path=home + "/.skills", root_path_hash=self.hexid(64), source_scope="user",
                         manifest_path=path, manifest_path_hash=self.hexid(64), exists=True, readable=True, parser_status="ok", file_sha256=self.hexid(64), modified_at=e["timestamp"][:19] + "Z", redaction="full")
                skills.append(o)
            size += len(json.dumps(o, ensure_ascii=False).encode())
        inv["counts"] = dict(configs=len(conf), mcp_servers=len(mcp), skills=len(skills))
        if snap:
            inv.update(user_scope=dict(mode="user", home_path=home), configs=conf, mcp_servers=mcp or None, skills=skills)
        else:
            inv["change_reason"] = r.choice(["initial", "changed", "unchanged"])
        e["raw"] = {"inventory": dict(sorted(inv.items()))}
        return e

    # ----------------------------------------------------------- encoders
    def dumps(self, e, style):
        if style == "vector":                              # sorted keys, no HTML escapes, flattened usage
            e = dict(e)
            u = (e.get("gen_ai") or {}).get("usage") or {}
            for k, v in (("input_tokens", u.get("input_tokens")), ("output_tokens", u.get("output_tokens")), ("cache_read_input_tokens", (u.get("cache_read") or {}).get("input_tokens")),
                         ("cache_creation_input_tokens", (u.get("cache_creation") or {}).get("input_tokens")), ("reasoning_output_tokens", (u.get("reasoning") or {}).get("output_tokens")),
                         ("cost_usd", u.get("cost_usd"))):
                if v is not None:
                    e[k] = v if k != "cost_usd" else float(v)
            return json.dumps(e, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
        s = json.dumps(e, separators=(",", ":"), ensure_ascii=False, sort_keys=(style == "hook"))
        for ch in "<>&\u2028\u2029\ufffd":
            s = s.replace(ch, "\\u%04x" % ord(ch))
        return s

    def encode(self, e):
        style = self.a.style
        if style == "mixed":
            style = "hook" if "trace" not in e and e["harness"]["name"] != "endpoint" else "go"
        e = {k: e[k] for k in ORDER if k in e and not (k in ("model", "repository", "branch", "message") and not e[k])}
        line = self.dumps(e, style)
        if len(line.encode("utf-8", "surrogatepass")) > MAX_EVENT:   # what a writer with a size cap does
            e.pop("raw", None)
            if style == "hook":
                e["raw"] = None                           # that writer leaves an explicit null
            e["message"] = self.cut(e.get("message", ""), 1024)
            e["field_truncated"] = True
            for k in ("input", "output"):
                e.get("gen_ai", {}).pop(k, None)
            e.get("gen_ai", {}).get("tool", {}).get("call", {}).pop("result", None)
            line = self.dumps(e, style)
        return line

    # ----------------------------------------------------------- foreign shapes
    def stamp(self):
        """(value, epoch ns it stands for)"""
        s, ns = divmod(self.t, 10**9)
        u = dt.datetime.fromtimestamp(s, dt.timezone.utc)
        k = self.r.randrange(14)
        ms, us = ns // 10**6, ns // 1000
        iso = u.strftime("%Y-%m-%dT%H:%M:%S")
        full = s * 10**9
        off = self.r.choice([-480, -210, 60, 330, 345, 540])
        loc = (u + dt.timedelta(minutes=off)).strftime("%Y-%m-%dT%H:%M:%S")
        sign = "%s%02d" % ("-" if off < 0 else "+", abs(off) // 60)
        return [(iso + "Z", full), (iso + ".%03dZ" % ms, full + ms * 10**6), (iso + ".%09dZ" % ns, full + ns), (iso + ".%06d+00:00" % us, full + us * 1000),
                (loc + sign + ":%02d" % (abs(off) % 60), full), (loc + ".%03d" % ms + sign + "%02d" % (abs(off) % 60), full + ms * 10**6),
                (s, full), (s * 1000 + ms, full + ms * 10**6), (s * 10**6 + us, full + us * 1000), (s * 10**9 + ns, full + ns),
                (str(s * 1000 + ms), full + ms * 10**6), (s + ms / 1000, full + ms * 10**6),
                (u.strftime("%Y-%m-%d %H:%M:%S"), full), (u.strftime("%Y-%m-%d %H:%M:%S") + ".%03d" % ms, full + ms * 10**6)][k]

    def core(self, e):
        return dict(action=e["event"]["action"], category=e["event"]["category"], severity=e["severity"], user=e["user"].get("name", ""), host=e["endpoint"]["hostname"],
                    harness=e["harness"]["name"], repository=e.get("repository", ""), branch=e.get("branch", ""), session=(e.get("session") or {}).get("id", ""))

    def flat(self, e):
        r, c = self.r, self.core(e)
        v, ns = self.stamp()
        o = {r.choice(["timestamp", "time", "ts", "event_time", "created_at", "datetime"]): v}
        for keys, k in ((["user", "username", "user_name", "userName"], "user"), (["host", "hostname", "host_name", "hostName"], "host"), (["repo", "repository", "repo_url"], "repository"),
                        (["branch", "git_branch", "gitBranch"], "branch"), (["agent", "runtime", "agent_runtime", "harness"], "harness"), (["action", "event_action", "eventAction"], "action"),
                        (["session_id", "sessionId", "conversation_id"], "session"), (["severity", "level"], "severity")):
            if c[k]:
                o[r.choice(keys)] = c[k]
        if r.random() < .6:
            o[r.choice(["category", "event_category"])] = c["category"]
        for keys, val in ((["message", "msg"], e.get("message")), (["command", "cmd"], e.get("command", {}).get("command")), (["file_path", "filePath"], e.get("file", {}).get("path")),
                          (["prompt", "user_prompt"], e.get("prompt", {}).get("text")), (["tool", "tool_name", "toolName"], e.get("tool", {}).get("name")), (["model", "model_name"], e.get("model"))):
            if val:
                o[r.choice(keys)] = val
        u = e.get("gen_ai", {}).get("usage", {})
        for k in ("input_tokens", "output_tokens", "cost_usd"):
            if k in u:
                o[k] = u[k] if r.random() < .8 else str(u[k])
        return o, dict(c, ts_ns=ns)

    def ecs(self, e):
        r, c = self.r, self.core(e)
        ms = self.t // 10**6 % 1000
        iso = self.when()[:19] + ".%03dZ" % ms
        sev = {"info": 2, "low": 3, "medium": 4, "high": 5, "critical": 6}[c["severity"]]
        os_ = {"darwin": ("macos", "macOS"), "linux": ("linux", "Ubuntu"), "windows": ("windows", "Windows 11")}[e["endpoint"]["os"]]
        o = {"@timestamp": iso, "ecs": {"version": "8.11.0"}, "event": {"kind": "event", "action": c["action"], "category": [c["category"]], "dataset": "agent.events", "severity": sev},
             "host": {"name": c["host"], "hostname": c["host"], "os": {"type": os_[0], "name": os_[1]}}, "service": {"name": c["harness"]}, "labels": {"env": "dev"}, "tags": ["agents", "beta"]}
        if c["user"]:
            o["user"] = {"name": c["user"], "id": e["user"].get("uid", "0")}
        if c["session"]:
            o["session"] = {"id": c["session"]}
        if c["repository"]:
            o["vcs"] = {"repository": {"url": {"full": c["repository"]}}, "ref": {"head": {"name": c["branch"]}}}
        if e.get("command"):
            o["process"] = {"command_line": e["command"]["command"], "exit_code": e["command"].get("exit_code", 0), "working_directory": e.get("session", {}).get("working_directory", "")}
        if e.get("file"):
            o["file"] = {"path": e["file"]["path"], "extension": e["file"]["language"]}
        o["message"] = e.get("message", "")
        if r.random() < .4:                                # dotted literal keys instead of nesting
            flat = {}

            def walk(p, x):
                for k, v in x.items():
                    if isinstance(v, dict):
                        walk(p + k + ".", v)
                    else:
                        flat[p + k] = v
            walk("", o)
            o = flat
        return o, dict(c, ts_ns=self.t // 10**9 * 10**9 + ms * 10**6)

    def otel(self, e):
        r, c = self.r, self.core(e)
        res = {"service.name": c["harness"], "host.name": c["host"], "os.type": e["endpoint"]["os"]}
        at = {"beacon.event.action": c["action"], "session.id": c["session"], "vcs.repository.url": c["repository"], "git.branch": c["branch"], "user.name": c["user"]}
        if e.get("command"):
            at["process.command_line"] = e["command"]["command"]
        if e.get("file"):
            at["file.path"] = e["file"]["path"]
        if e.get("prompt"):
            at["gen_ai.prompt"] = e["prompt"]["text"]
        if e.get("tool"):
            at["gen_ai.tool.name"] = e["tool"]["name"]
        if e.get("model"):
            at["gen_ai.request.model"] = e["model"]
        for k in ("input_tokens", "output_tokens"):
            if k in e.get("gen_ai", {}).get("usage", {}):
                at["gen_ai.usage." + k] = e["gen_ai"]["usage"][k]
        at = {k: v for k, v in at.items() if v != ""}
        text, num = {"info": ("INFO", 9), "low": ("INFO2", 10), "medium": ("WARN", 13), "high": ("ERROR", 17), "critical": ("FATAL", 21)}[c["severity"]]
        if c["severity"] == "low":
            c["severity"] = "info"
        tr = dict(c, ts_ns=self.t)
        k = r.randrange(3)
        if k == 0:
            return {"timeUnixNano": str(self.t), "severityText": text, "severityNumber": num, "body": e.get("message", ""), "attributes": at, "resource": {"attributes": res}}, tr
        if k == 1:
            ch = {kk: (vv if isinstance(vv, str) else json.dumps(vv)) for kk, vv in at.items()}
            return {"Timestamp": dt.datetime.fromtimestamp(self.t // 10**9, dt.timezone.utc).strftime("%Y-%m-%d %H:%M:%S") + ".%09d" % (self.t % 10**9), "TraceId": self.hexid(32), "SpanId": self.hexid(16),
                    "SeverityText": text, "SeverityNumber": num, "ServiceName": c["harness"], "Body": e.get("message", ""), "ResourceAttributes": res, "LogAttributes": ch}, tr
        kv = lambda d: [{"key": a, "value": {"intValue": str(b)} if isinstance(b, int) else {"stringValue": b}} for a, b in d.items()]
        return {"resourceLogs": [{"resource": {"attributes": kv(res)}, "scopeLogs": [{"scope": {"name": "gen"}, "logRecords": [
            {"timeUnixNano": str(self.t), "severityText": text, "severityNumber": num, "body": {"stringValue": e.get("message", "")}, "attributes": kv(at)}]}]}]}, tr

    def hookpayload(self, e):
        """what a runtime hands to its hook, logged as is"""
        r, c = self.r, self.core(e)
        cwd = e.get("session", {}).get("working_directory", "/work")
        v, ns = self.stamp()
        kind = r.randrange(3)
        if kind == 0:
            o = {"session_id": c["session"], "transcript_path": "/tmp/t.jsonl", "cwd": cwd, "permission_mode": "default", "hook_event_name": "PostToolUse", "tool_name": "Bash",
                 "tool_input": {"command": r.choice(COMMANDS)}, "tool_response": {"stdout": self.output(200), "stderr": "", "interrupted": False}, "tool_use_id": "toolu_" + self.hexid(22)}
            act, h = "command.executed", "claude_code"
        elif kind == 1:
            o = {"conversation_id": c["session"], "generation_id": self.uuid(), "model": "auto", "hook_event_name": "beforeSubmitPrompt", "cursor_version": "2.4.1", "workspace_roots": [cwd],
                 "user_email": "dev@example.org", "prompt": self.text(120)}
            act, h = "prompt.submitted", "cursor"
        else:
            o = {"sessionId": c["session"], "cwd": cwd, "hookEventName": "PostToolUse", "toolName": "mcp__tracker__create_ticket", "toolArgs": json.dumps({"title": self.text(20)})}
            act, h = "mcp.tool_invoked", "unknown"
        o["timestamp"] = v
        return o, dict(action=act, category=act.split(".")[0], harness=h, session=c["session"], repository=cwd, ts_ns=ns)

    # ----------------------------------------------------------- awkward but valid / damaged
    def nasty(self, line):
        r = self.r
        k = r.choice(["escaped_keys", "dup_keys", "spaces", "deep", "bignum", "null_fields", "crlf", "lone_surrogate", "wrong_types", "unknown_fields", "future_version"])
        o = json.loads(line)
        if k == "escaped_keys":
            line = line.replace('"action"', '"\\u0061ction"', 1).replace("/", "\\/")
        elif k == "dup_keys":
            line = '{"severity":"low",' + line[1:]
        elif k == "spaces":
            line = "  \t" + json.dumps(o, ensure_ascii=True).replace("{", "{ ") + "  "
        elif k == "deep":
            line = line[:-1] + ',"x_deep":' + "[" * 60 + "1" + "]" * 60 + "}"
        elif k == "bignum":
            line = line[:-1] + ',"x_num":[9223372036854775807,18446744073709551615,123456789012345678901234567890,1e400,-0.0,1E-7,0.1]}'
        elif k == "null_fields":
            o.update(gen_ai=None, raw=None, session=None, error=None)
            line = json.dumps(o, ensure_ascii=False, separators=(",", ":"))
        elif k == "crlf":
            line += "\r"
        elif k == "lone_surrogate":
            line = line[:-1] + ',"x_sur":"\\ud83d and \\udc00"}'
        elif k == "wrong_types":
            o["command"] = {"command": ["bash", "-lc", "true"], "exit_code": "0", "duration_ms": 12.75}
            o["schema_version"] = 1.0
            line = json.dumps(o, ensure_ascii=False, separators=(",", ":"))
        elif k == "unknown_fields":
            o.update(sequence=r.randrange(2**40), x_new={"a": [1, {"b": "c"}]})
            o["event"].update(id=self.uuid(), fidelity="observed")
            line = json.dumps(o, ensure_ascii=False, separators=(",", ":"))
        else:
            o["schema_version"] = "1.7"
            line = json.dumps(o, ensure_ascii=False, separators=(",", ":"))
        return line, k

    def damage(self, line):
        r, b = self.r, line.encode("utf-8", "surrogatepass")
        k = r.choice(["cut", "cut", "open_string", "glued", "garbage", "bad_utf8", "trailing_comma", "single_quotes", "nan", "plain_log", "array", "scalar", "empty_object",
                      "wrapper", "raw_newline", "raw_control", "nul_block", "html", "long_garbage", "bom"])
        n = len(b)
        if k == "cut": return b[:r.randrange(1, n)], k
        if k == "open_string": return b[:-2] + b',"x":"' + b"z" * 20, k
        if k == "glued": return b + b, k
        if k == "garbage": return bytes(x for x in r.choices(range(256), k=200) if x != 10), k
        if k == "bad_utf8": i = b.index(b'"message"') if b'"message"' in b else 1; return b[:i] + b'"y":"\xff\xfe\xc3(\xed\xa0\x80",' + b[i:], k
        if k == "trailing_comma": return b[:-1] + b",}", k
        if k == "single_quotes": return b.replace(b'"', b"'"), k
        if k == "nan": return b[:-1] + b',"v":NaN,"w":Infinity}', k
        if k == "plain_log": return ("%s ERROR upload failed: %s" % (self.when(), self.text(60, 0).replace("\n", " "))).encode(), k
        if k == "array": return b"[" + b + b"," + b + b"]", k
        if k == "scalar": return r.choice([b'"hello"', b"42", b"null", b"true"]), k
        if k == "empty_object": return b"{}", k
        if k == "wrapper":
            inner = line if r.random() < .5 else line[:len(line) // 2]
            return json.dumps({"file": "/var/log/agent/runtime.jsonl", "host": "h1", "message": inner, "source_type": "file", "timestamp": self.when()}, ensure_ascii=False).encode("utf-8", "surrogatepass"), k + (":json" if inner == line else ":text")
        if k == "raw_newline": i = b.index(b'":"', n // 3) + 3 if b'":"' in b[n // 3:] else n // 2; return b[:i] + b"\n" + b[i:], k
        if k == "raw_control": i = b.rindex(b'":"') + 3; return b[:i] + b"\x01\x1b\t" + b[i:], k
        if k == "nul_block": return b"\0" * r.randrange(1, 4096), k
        if k == "html": return b"<html><body><h1>503 Service Unavailable</h1></body></html>", k
        if k == "long_garbage": return b"A" * r.randrange(70000, 300000), k
        return b"\xef\xbb\xbf" + b, k

    # ----------------------------------------------------------- main loop
    def lines(self):
        """yields (bytes without newline, truth dict)"""
        a, r = self.a, self.r
        while True:
            self.t += int(r.expovariate(a.rate) * 1e9) + 1
            if len(self.sessions) < a.concurrency:
                self.sessions.append(self.new_session())
            if self.sent and r.random() < a.dup:
                yield r.choice(self.sent)
                continue
            if r.random() < a.blank:
                yield r.choice([b"", b"   ", b"\t"]), dict(shape="blank", events=0)
                continue
            if r.random() < a.inventory:
                e = self.inventory()
            else:
                i = r.randrange(len(self.sessions))
                s = self.sessions[i]
                e = self.event(s)
                s["left"] -= 1
                if s["left"] <= 0:
                    self.sessions.pop(i)
            x = r.random()
            for name, p, fn in (("malformed", a.malformed, None), ("flat", a.flat, self.flat), ("ecs", a.ecs, self.ecs), ("otel", a.otel, self.otel), ("hook", a.hook, self.hookpayload), ("nasty", a.nasty, None), ("beacon", 2, None)):
                if x < p:
                    break
                x -= p
            if fn and e["harness"]["name"] == "endpoint":
                name, fn = "beacon", None
            sec = self.t // 10**9 * 10**9
            if fn:
                o, tr = fn(e)
                out = json.dumps(o, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"), dict(tr, shape=name, events=1)
            else:
                line = self.encode(e)
                tr = dict(self.core(e), ts_ns=self.t if a.ts == "ns" else sec, shape=name, events=1)
                if name == "malformed":
                    b, k = self.damage(line)
                    out = b, dict(shape=name, kind=k, lines=b.count(b"\n") + 1)
                elif name == "nasty":
                    line, k = self.nasty(line)
                    if k == "null_fields":
                        tr["session"] = ""
                    out = line.encode("utf-8", "surrogatepass"), dict(tr, kind=k)
                else:
                    out = line.encode("utf-8", "surrogatepass"), tr
            if a.dup and name != "malformed":
                self.sent = (self.sent + [out])[-2000:]
            yield out


def parse_size(s):
    m = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}.get(s[-1:].upper())
    return int(float(s[:-1]) * m) if m else int(s)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("-n", "--count", type=int, default=None, help="number of records (default 1000 unless --size)")
    p.add_argument("--size", type=parse_size, default=None, help="stop after about this many uncompressed bytes, e.g. 50M")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("-o", "--out", default="-")
    p.add_argument("--gzip", action="store_true")
    p.add_argument("--members", type=int, default=1, help="number of concatenated gzip members")
    p.add_argument("--style", choices=["mixed", "go", "hook", "vector"], default="mixed", help="byte style of schema-1.0 lines")
    p.add_argument("--ts", choices=["s", "ns"], default="s", help="timestamp precision of schema-1.0 lines")
    p.add_argument("--start", type=int, default=1780000000, help="epoch seconds of the first event")
    p.add_argument("--rate", type=float, default=5.0, help="events per second of the time line")
    p.add_argument("--users", type=int, default=40)
    p.add_argument("--concurrency", type=int, default=12, help="open sessions")
    p.add_argument("--inventory", type=float, default=.0015)
    for name, d in (("malformed", 0), ("flat", 0), ("ecs", 0), ("otel", 0), ("hook", 0), ("nasty", 0), ("dup", 0), ("blank", 0)):
        p.add_argument("--" + name, type=float, default=d, metavar="SHARE")
    p.add_argument("--no-final-newline", action="store_true")
    p.add_argument("--truth", help="write what each physical record should become, one JSON object per record")
    p.add_argument("--stats", action="store_true")
    a = p.parse_args()
    if a.count is None and a.size is None:
        a.count = 1000
    raw = sys.stdout.buffer if a.out == "-" else open(a.out, "wb")
    truth = open(a.truth, "w", encoding="utf-8") if a.truth else None
    sizes, shapes, total, n = [], {}, 0, 0
    per = None
    if a.gzip and a.members > 1:
        per = max(1, (a.count or max(1, a.size // 1700)) // a.members)
    new = lambda: gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0)
    w = new() if a.gzip else raw
    pending = b""
    for b, tr in Gen(a).lines():
        w.write(pending + b)
        pending = b"\n"
        n += 1
        total += len(b) + 1
        sizes.append(len(b))
        key = tr["shape"] + (":" + tr["kind"] if tr["shape"] == "malformed" else "")
        shapes[key] = shapes.get(key, 0) + 1
        if truth:
            truth.write(json.dumps(dict(tr, record=n, bytes=len(b)), ensure_ascii=False) + "\n")
        if (a.count is not None and n >= a.count) or (a.size is not None and total >= a.size):
            break
        if per and n % per == 0:
            w.write(pending)
            pending = b""
            w.close()
            w = new()
    if not a.no_final_newline:
        w.write(pending)
    if w is not raw:
        w.close()
    if raw is not sys.stdout.buffer:
        raw.close()
    else:
        raw.flush()
    if truth:
        truth.close()
    if a.stats:
        sizes.sort()
        q = lambda f: sizes[min(len(sizes) - 1, int(f * len(sizes)))]
        print(f"records={n} bytes={total} mean={total // n} p50={q(.5)} p90={q(.9)} p99={q(.99)} p99.9={q(.999)} max={sizes[-1]}", file=sys.stderr)
        print(" ".join(f"{k}={v}" for k, v in sorted(shapes.items())), file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.stderr.close()
