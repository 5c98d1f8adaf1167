// Runs a program as Node would, as far as programs that compute need it. QuickJS is started with `--std -e` this text, and the program
// is its second argument; the globals `std`, `os` and `bjson` are not left for the program.
(() => {
  const { std, os, scriptArgs } = globalThis;
  for (const name of ["std", "os", "bjson", "scriptArgs", "print", "gc", "navigator", "argv0", "execArgv"]) delete globalThis[name];
  const COMPILE_ERROR = 0x5e77a;
  const [file, code, ...argv] = scriptArgs;

  // The last line of a program that was translated is a source map: segments for each line, in a base64 of variable length, of
  // differences in column, source, line and column there.
  const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const MAP = "//# sourceMappingURL=data:application/json;base64,";
  const readMap = () => {
    const encoded = code.slice(code.lastIndexOf(MAP) + MAP.length).trimEnd();
    let json = "", bits = 0, held = 0;
    for (const digit of encoded.replace(/=+$/, "")) {
      bits = ((bits << 6) | DIGITS.indexOf(digit)) & 0xffff;
      held += 6;
      if (held >= 8) json += String.fromCharCode((bits >> (held -= 8)) & 255);
    }
    let line = 0, column = 0;
    return JSON.parse(json).mappings.split(";").map((segments) => {
      let at = 0;
      return segments.split(",").filter(Boolean).map((segment) => {
        const numbers = [];
        let number = 0, shift = 0;
        for (const digit of segment) {
          const value = DIGITS.indexOf(digit);
          number |= (value & 31) << shift;
          shift += 5;
          if (value & 32) continue;
          numbers.push(number & 1 ? -(number >> 1) : number >> 1);
          number = shift = 0;
        }
        at += numbers[0];
        line += numbers[2] ?? 0;
        column += numbers[3] ?? 0;
        return [at, line, column];
      });
    });
  };
  let map;
  const placed = (_, row, column) => {
    if (file === "main.ts") {
      try {
        map ??= readMap();
        const found = map[row - 1].findLast(([at], index) => index === 0 || at < (column ?? 1));
        return `${file}:${found[1] + 1}:${found[2] + 1}`;
      } catch {
        return `${file}, emitted line ${row}`;
      }
    }
    return column === undefined ? `${file}:${row}` : `${file}:${row}:${column}`;
  };

  // What console.log and util.inspect show of a value.
  const quoted = (text) => (text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/'/g, "\\'")}'`);
  const isName = (key) => /^[A-Za-z_$][\w$]*$/.test(key);
  const ofError = (error) => {
    const head = `${error.name ?? "Error"}${error.message ? ": " + error.message : ""}`;
    // Frames of this prelude say nothing about the program.
    const stack = String(error.stack ?? "").replace(/<evalScript>:(\d+)(?::(\d+))?/g, placed).replace(/^ +at .*<cmdline>.*\n?/gm, "").replace(/^ +at evalScript \(native\)\n?/gm, "").replace(/at <eval> \((main\.[jt]s:[\d:]+)\)/g, "at $1").trimEnd();
    return stack ? `${head}\n${stack}` : head;
  };
  const enclosed = (open, parts, close) => {
    if (parts.length === 0) return open + close;
    const line = parts.join(", ");
    if (line.length + open.length <= 72 && !line.includes("\n")) return `${open} ${line} ${close}`;
    return `${open}\n${parts.map((part) => "  " + part.replaceAll("\n", "\n  ")).join(",\n")}\n${close}`;
  };
  const inspect = (value, depth = 0, outer = []) => {
    if (typeof value === "string") return quoted(value);
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value === "function") return /^class\b/.test(Function.prototype.toString.call(value)) ? `[class ${value.name || "(anonymous)"}]` : `[Function: ${value.name || "(anonymous)"}]`.replace(": (", " (");
    if (Object.is(value, -0)) return "-0";
    if (typeof value !== "object" || value === null) return String(value);
    if (outer.includes(value)) return "[Circular *1]";
    if (value instanceof Error) return ofError(value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    if (value instanceof RegExp) return String(value);
    if (value instanceof Promise) return "Promise { <pending> }";
    const name = value.constructor?.name;
    const prefix = Object.getPrototypeOf(value) === null ? "[Object: null prototype] " : name && name !== "Object" ? `${name} ` : "";
    if (depth > 2) return Array.isArray(value) ? "[Array]" : `[${name ?? "Object"}]`;
    const inner = (part) => inspect(part, depth + 1, [...outer, value]);
    const shownKeys = (keys) => keys.map((key) => `${typeof key === "symbol" ? `[${String(key)}]` : isName(key) ? key : quoted(key)}: ${inner(value[key])}`);
    if (Array.isArray(value)) {
      const parts = [];
      for (let i = 0; i < Math.min(value.length, 100); i++) parts.push(i in value ? inner(value[i]) : "<1 empty item>");
      if (value.length > 100) parts.push(`... ${value.length - 100} more item${value.length > 101 ? "s" : ""}`);
      const extra = shownKeys(Object.keys(value).filter((key) => !/^\d+$/.test(key)));
      return (name === "Array" ? "" : `${name}(${value.length}) `) + enclosed("[", [...parts, ...extra], "]");
    }
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return `${name}(${value.length}) ` + enclosed("[", Array.from(value, inner), "]");
    if (value instanceof Map) return `Map(${value.size}) ` + enclosed("{", [...value].map(([key, part]) => `${inner(key)} => ${inner(part)}`), "}");
    if (value instanceof Set) return `Set(${value.size}) ` + enclosed("{", [...value].map(inner), "}");
    if (value instanceof Number || value instanceof String || value instanceof Boolean) return `[${name}: ${inspect(value.valueOf())}]`;
    const symbols = Object.getOwnPropertySymbols(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
    return prefix + enclosed("{", shownKeys([...Object.keys(value), ...symbols]), "}");
  };
  const format = (...values) => {
    let text = "";
    if (typeof values[0] === "string" && values.length > 1) {
      text = values.shift().replace(/%[sdifjoOc%]/g, (directive) => {
        if (directive === "%%") return "%";
        if (values.length === 0) return directive;
        const value = values.shift();
        switch (directive) {
          case "%s": return typeof value === "string" ? value : inspect(value, 2);
          case "%d": return String(Number(value));
          case "%i": return String(parseInt(value));
          case "%f": return String(parseFloat(value));
          case "%j": return JSON.stringify(value);
          case "%c": return "";
          default: return inspect(value);
        }
      });
      if (values.length > 0) text += " ";
    }
    return text + values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" ");
  };

  const out = std.out, err = std.err;
  let indent = "";
  const say = (stream) => (...values) => {
    const text = format(...values);
    stream.puts((indent ? indent + text.replaceAll("\n", "\n" + indent) : text) + "\n");
  };
  const counts = new Map();
  globalThis.console = {
    log: say(out), info: say(out), debug: say(out), dir: (value) => say(out)(value), table: say(out), error: say(err), warn: say(err),
    trace: say(err), time() {}, timeEnd() {}, timeLog() {},
    assert: (condition, ...values) => { if (!condition) say(err)("Assertion failed" + (values.length ? ":" : ""), ...values); },
    group: (...values) => { if (values.length) say(out)(...values); indent += "  "; },
    groupEnd: () => { indent = indent.slice(2); },
    count: (label = "default") => { counts.set(label, (counts.get(label) ?? 0) + 1); say(out)(`${label}: ${counts.get(label)}`); },
  };

  let unread;
  const readAll = () => { const text = unread ?? std.in.readAsString(); unread = ""; return text; };
  const failed = (code, call, path) => Object.assign(new Error(`${code}: ${code === "ENOENT" ? "no such file or directory" : "read-only file system"}, ${call} '${path}'`), { code, syscall: call, path });
  const isStdin = (path) => path === 0 || path === "/dev/stdin";
  const streamOf = (path) => (path === 1 || path === "/dev/stdout" ? out : path === 2 || path === "/dev/stderr" ? err : undefined);
  const write = (path, text) => { const stream = streamOf(path); if (!stream) throw failed("EROFS", "open", path); stream.puts(String(text)); return String(text).length; };
  const fs = {
    readFileSync: (path) => { if (!isStdin(path)) throw failed("ENOENT", "open", path); return readAll(); },
    writeFileSync: write, appendFileSync: write, writeSync: write, existsSync: (path) => path === "/dev/stdin",
  };
  for (const call of ["openSync", "readdirSync", "statSync", "lstatSync", "unlinkSync", "mkdirSync", "rmSync"]) fs[call] = (path) => { throw failed("ENOENT", call.replace("Sync", ""), path); };
  fs.promises = { readFile: async (path) => fs.readFileSync(path), writeFile: async (path, text) => write(path, text) };

  class EventEmitter {
    #listeners = new Map();
    on(event, listener) { this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]); return this; }
    addListener(event, listener) { return this.on(event, listener); }
    off(event, listener) { this.#listeners.set(event, (this.#listeners.get(event) ?? []).filter((other) => other !== listener && other.listener !== listener)); return this; }
    removeListener(event, listener) { return this.off(event, listener); }
    once(event, listener) { const once = (...values) => { this.off(event, once); listener.apply(this, values); }; once.listener = listener; return this.on(event, once); }
    emit(event, ...values) { const found = this.#listeners.get(event) ?? []; for (const listener of found) listener.apply(this, values); return found.length > 0; }
    listenerCount(event) { return (this.#listeners.get(event) ?? []).length; }
  }
  EventEmitter.EventEmitter = EventEmitter;

  // Timers that wait. When none is left the program is over, and what it set as its exit code is given.
  const waiting = new Set();
  const settle = () => { if (waiting.size === 0) os.setTimeout(() => { if (waiting.size === 0) finish(); }, 0); };
  const later = (action, delay, ...values) => {
    const timer = os.setTimeout(() => {
      waiting.delete(timer);
      try { action(...values); } catch (error) { uncaught(error); }
      settle();
    }, Math.max(0, Number(delay) || 0));
    waiting.add(timer);
    return timer;
  };
  const intervals = new Map();
  globalThis.setTimeout = later;
  globalThis.setImmediate = (action, ...values) => later(action, 0, ...values);
  globalThis.setInterval = (action, delay, ...values) => { const key = {}; const tick = () => { intervals.set(key, later(tick, delay)); action(...values); }; intervals.set(key, later(tick, delay)); return key; };
  globalThis.clearTimeout = globalThis.clearInterval = globalThis.clearImmediate = (timer) => { if (timer === undefined || timer === null) return; const found = intervals.get(timer) ?? timer; intervals.delete(timer); if (waiting.delete(found)) { os.clearTimeout(found); settle(); } };
  globalThis.structuredClone ??= (value) => { const seen = new Map(); const copy = (part) => { if (typeof part !== "object" || part === null) return part; if (seen.has(part)) return seen.get(part); if (part instanceof Date) return new Date(part); const made = Array.isArray(part) ? [] : part instanceof Map ? new Map() : part instanceof Set ? new Set() : {}; seen.set(part, made); if (part instanceof Map) for (const [key, inner] of part) made.set(copy(key), copy(inner)); else if (part instanceof Set) for (const inner of part) made.add(copy(inner)); else for (const key of Object.keys(part)) made[key] = copy(part[key]); return made; }; return copy(value); };

  class Stdin extends EventEmitter {
    isTTY = false; fd = 0;
    setEncoding() { return this; }
    resume() { return this; }
    pause() { return this; }
    on(event, listener) { super.on(event, listener); if (event === "end" || event === "data") this.#start(); return this; }
    #started = false;
    #start() { if (this.#started) return; this.#started = true; later(() => { const text = readAll(); if (text) this.emit("data", text); this.emit("end"); this.emit("close"); }, 0); }
    async *[Symbol.asyncIterator]() { const text = readAll(); if (text) yield text; }
  }
  const exits = new EventEmitter();
  const exit = (status) => { const code = Number(status ?? process.exitCode ?? 0) & 255; exits.emit("exit", code); std.exit(code); };
  const stream = (file) => ({ write: (text) => (file.puts(String(text)), true), end: (text) => { if (text !== undefined) file.puts(String(text)); }, isTTY: false, columns: 80 });
  const process = globalThis.process = {
    argv: ["node", file, ...argv], env: {}, platform: "wasi", pid: 1, version: "v20.0.0", versions: { node: "20.0.0" }, exitCode: undefined,
    exit, stdin: new Stdin(), stdout: stream(out), stderr: stream(err), cwd: () => "/", uptime: () => 0, memoryUsage: () => ({ heapUsed: 0, heapTotal: 0, rss: 0 }),
    nextTick: (action, ...values) => queueMicrotask(() => action(...values)), hrtime: Object.assign(() => { const now = performance.now(); return [Math.floor(now / 1e3), Math.floor((now % 1e3) * 1e6)]; }, { bigint: () => BigInt(Math.floor(performance.now() * 1e6)) }),
    on: (event, listener) => { exits.on(event, listener); return process; }, once: (event, listener) => { exits.once(event, listener); return process; }, emitWarning() {},
  };

  const createInterface = () => {
    const lines = () => { const found = readAll().split(/\r?\n/); if (found.at(-1) === "") found.pop(); return found; };
    const made = new EventEmitter();
    let queue, isStarted = false, isClosed = false;
    const close = made.close = () => { if (!isClosed) { isClosed = true; made.emit("close"); } };
    const start = () => { if (isStarted) return; isStarted = true; later(() => { queue ??= lines(); while (queue.length > 0 && !isClosed) made.emit("line", queue.shift()); close(); }, 0); };
    const on = made.on;
    made.on = (event, listener) => { on.call(made, event, listener); if (event === "line") start(); return made; };
    made.question = (text, answer) => { out.puts(text); queue ??= lines(); const line = queue.shift(); if (line !== undefined) later(answer, 0, line); };
    made.setPrompt = made.prompt = made.pause = made.resume = () => made;
    made[Symbol.asyncIterator] = async function* () { queue ??= lines(); while (queue.length > 0) yield queue.shift(); };
    return made;
  };

  class AssertionError extends Error {
    constructor({ message, actual, expected, operator }) { super(message); Object.assign(this, { name: "AssertionError", code: "ERR_ASSERTION", actual, expected, operator }); }
  }
  // Whether each of some items has one of its own among others.
  const isPaired = (items, others, isSame) => items.every((item) => {
    const at = others.findIndex((other) => isSame(item, other));
    if (at >= 0) others.splice(at, 1);
    return at >= 0;
  });
  const bytesOf = (value) => (ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value));
  const ownKeys = (value, isStrict) => {
    const symbols = isStrict ? Object.getOwnPropertySymbols(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key)) : [];
    return [...Object.keys(value), ...symbols];
  };
  const equal = (a, b, isStrict) => {
    if (isStrict ? Object.is(a, b) : a == b || (a !== a && b !== b)) return true;
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
    if (isStrict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
    if (Object.prototype.toString.call(a) !== Object.prototype.toString.call(b)) return false;
    if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
    if (a instanceof RegExp && b instanceof RegExp) return String(a) === String(b);
    if (a instanceof Error && b instanceof Error && (a.message !== b.message || a.name !== b.name)) return false;
    const isSame = (one, other) => equal(one, other, isStrict);
    if (a instanceof Map && b instanceof Map) {
      const isShared = (key) => a.has(key) && b.has(key);
      const others = (map) => [...map].filter(([key]) => !isShared(key));
      if (a.size !== b.size || ![...a.keys()].filter(isShared).every((key) => isSame(a.get(key), b.get(key)))) return false;
      if (!isPaired(others(a), others(b), ([key, value], [other, match]) => isSame(key, other) && isSame(value, match))) return false;
    }
    if (a instanceof Set && b instanceof Set) {
      const rest = [...b].filter((value) => !a.has(value));
      if (a.size !== b.size || !isPaired([...a].filter((value) => !b.has(value)), rest, isSame)) return false;
    }
    if (a instanceof ArrayBuffer || a instanceof DataView || (typeof SharedArrayBuffer === "function" && a instanceof SharedArrayBuffer)) {
      const [bytes, others] = [bytesOf(a), bytesOf(b)];
      if (bytes.length !== others.length || !bytes.every((byte, at) => byte === others[at])) return false;
    }
    if (a instanceof Number || a instanceof String || a instanceof Boolean) if (!Object.is(a.valueOf(), b.valueOf())) return false;
    const keys = ownKeys(a, isStrict);
    return keys.length === ownKeys(b, isStrict).length && keys.every((key) => Object.prototype.propertyIsEnumerable.call(b, key) && equal(a[key], b[key], isStrict));
  };
  const check = (holds, message, details) => { if (holds) return; if (message instanceof Error) throw message; throw new AssertionError({ message: message ?? `Expected ${details.operator}: ${inspect(details.actual)} and ${inspect(details.expected)}`, ...details }); };
  const matches = (error, expected) => {
    if (expected === undefined) return true;
    if (expected instanceof RegExp) return expected.test(String(error));
    if (typeof expected === "function") return expected.prototype !== undefined && error instanceof expected ? true : Error.isPrototypeOf(expected) || expected === Error ? false : expected(error) === true;
    return Object.keys(expected).every((key) => expected[key] instanceof RegExp ? expected[key].test(error[key]) : equal(error[key], expected[key], true));
  };
  const assert = (value, message) => check(value, message, { actual: value, expected: true, operator: "==" });
  const binary = (operator, holds) => (actual, expected, message) => check(holds(actual, expected), message, { actual, expected, operator });
  Object.assign(assert, {
    ok: assert, AssertionError, fail: (message) => check(false, message ?? "Failed", { operator: "fail" }),
    equal: binary("==", (a, b) => a == b || (a !== a && b !== b)), notEqual: binary("!=", (a, b) => a != b),
    strictEqual: binary("strictEqual", Object.is), notStrictEqual: binary("notStrictEqual", (a, b) => !Object.is(a, b)),
    deepEqual: binary("deepEqual", (a, b) => equal(a, b, false)), notDeepEqual: binary("notDeepEqual", (a, b) => !equal(a, b, false)),
    deepStrictEqual: binary("deepStrictEqual", (a, b) => equal(a, b, true)), notDeepStrictEqual: binary("notDeepStrictEqual", (a, b) => !equal(a, b, true)),
    match: binary("match", (text, pattern) => pattern.test(text)), doesNotMatch: binary("doesNotMatch", (text, pattern) => !pattern.test(text)),
    throws: (action, expected, message) => { let error, hasThrown = false; try { action(); } catch (caught) { error = caught; hasThrown = true; } if (typeof expected === "string") [expected, message] = [undefined, expected]; check(hasThrown, message ?? "Missing expected exception.", { operator: "throws" }); if (!matches(error, expected)) throw error; },
    doesNotThrow: (action) => { action(); },
    rejects: async (action, expected, message) => { let error, hasThrown = false; try { await (typeof action === "function" ? action() : action); } catch (caught) { error = caught; hasThrown = true; } check(hasThrown, message ?? "Missing expected rejection.", { operator: "rejects" }); if (!matches(error, expected)) throw error; },
  });
  assert.strict = Object.assign((value, message) => assert(value, message), assert, { equal: assert.strictEqual, notEqual: assert.notStrictEqual, deepEqual: assert.deepStrictEqual, notDeepEqual: assert.notDeepStrictEqual });

  const promisify = (action) => (...values) => new Promise((resolve, reject) => action(...values, (error, value) => (error ? reject(error) : resolve(value))));
  const modules = {
    fs, "fs/promises": fs.promises, readline: { createInterface }, os: { EOL: "\n", cpus: () => [], platform: () => "wasi" }, process, assert, "assert/strict": assert.strict, events: EventEmitter,
    util: { inspect: (value) => inspect(value), format, promisify, isDeepStrictEqual: (a, b) => equal(a, b, true), types: {} }, perf_hooks: { performance: globalThis.performance },
    timers: { setTimeout, setImmediate, setInterval, clearTimeout }, "timers/promises": { setTimeout: (delay, value) => new Promise((resolve) => later(resolve, delay, value)) },
  };
  globalThis.require = (name) => { const found = modules[String(name).replace(/^node:/, "")]; if (found) return found; throw Object.assign(new Error(`Cannot find module '${name}'`), { code: "MODULE_NOT_FOUND" }); };
  globalThis.module = { exports: {} };
  globalThis.exports = module.exports;
  globalThis.require.main = globalThis.module;
  globalThis.global = globalThis;
  globalThis.__filename = `/${file}`;
  globalThis.__dirname = "/";

  // Whatever a program throws is shown on stderr, and ends it with code 1, as Node does.
  const uncaught = (error) => { out.flush(); err.puts(`Uncaught ${error instanceof Error ? ofError(error) : inspect(error)}\n`); std.exit(1); };
  let isOver = false;
  const finish = () => { if (isOver) return; isOver = true; const code = Number(process.exitCode ?? 0) & 255; exits.emit("exit", code); if (code !== 0) std.exit(code); };
  const text = code.startsWith("#!") ? "//" + code : code;
  let compiled;
  try {
    compiled = std.evalScript(text, { compile_only: true });
  } catch (error) {
    err.puts(`${ofError(error)}\n`);
    std.exit(COMPILE_ERROR);
  }
  try {
    std.evalScript(compiled, { eval_function: true });
  } catch (error) {
    uncaught(error);
  }
  settle();
})();
