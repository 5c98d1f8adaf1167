// How a program begins and ends. One that comes to its end by itself says so if it has a line for that.
void __wasm_call_ctors(void);
void __wasm_call_dtors(void);
int __main_void(void);
int puts(const char *);
extern const char tgsand_end[] __attribute__((weak));

__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_exit"))) _Noreturn void tgsand_exit(int);

__attribute__((export_name("_start"))) void _start(void) {
  __wasm_call_ctors();
  int code = __main_void();
  if (code == 0 && tgsand_end) puts(tgsand_end);
  __wasm_call_dtors();
  if (code != 0) tgsand_exit(code);
}

// What a shell reports of a process that aborts.
_Noreturn void abort(void) { tgsand_exit(134); }
