// Lua's own sources, and in place of its command line a program that has the script among its arguments: the exit code
// tells a script that does not compile from one that fails.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What WASI does not have: commands and temporary files.
static FILE *no_file(void) {
  errno = ENOTSUP;
  return NULL;
}
#define tmpfile no_file
#define l_system(command) ((command) != NULL ? (errno = ENOTSUP, -1) : 0)
#define LUA_TMPNAMBUFSIZE 1
#define lua_tmpnam(name, error) ((void)(name), (error) = 1)

#define MAKE_LIB
#include "onelua.c"

// What no script exits with by chance.
#define COMPILE_ERROR 0x5e77a

static int with_traceback(lua_State *L) {
  const char *message = lua_tostring(L, 1);
  if (message == NULL) {
    if (luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING) return 1;
    message = lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
  }
  luaL_traceback(L, L, message, 1);
  return 1;
}

static int report(lua_State *L, int code) {
  fflush(stdout);
  const char *message = lua_tostring(L, -1);
  fprintf(stderr, "lua: %s\n", message ? message : "(no message)");
  return code;
}

// The function gets the arguments of the command: the script, and what comes after it.
static int run(lua_State *L) {
  int count = (int)lua_tointeger(L, 1);
  char **arguments = lua_touserdata(L, 2);
  luaL_openlibs(L);
  lua_gc(L, LUA_GCGEN, 0, 0);
  lua_createtable(L, count, 1);
  lua_pushstring(L, "main.lua");
  lua_rawseti(L, -2, 0);
  for (int i = 2; i < count; i++) {
    lua_pushstring(L, arguments[i]);
    lua_rawseti(L, -2, i - 1);
  }
  lua_setglobal(L, "arg");
  lua_pushcfunction(L, with_traceback);
  int handler = lua_gettop(L);
  const char *script = arguments[1];
  // Its first line may name an interpreter.
  if (script[0] == '#') while (*script != '\0' && *script != '\n') script++;
  if (luaL_loadbufferx(L, script, strlen(script), "@main.lua", "t") != LUA_OK) {
    lua_pushinteger(L, report(L, COMPILE_ERROR));
    return 1;
  }
  for (int i = 2; i < count; i++) lua_pushstring(L, arguments[i]);
  int status = lua_pcall(L, count > 2 ? count - 2 : 0, 0, handler);
  lua_pushinteger(L, status == LUA_OK ? 0 : report(L, 1));
  return 1;
}

int main(int count, char **arguments) {
  lua_State *L = luaL_newstate();
  if (L == NULL || count < 2) return 1;
  lua_pushcfunction(L, run);
  lua_pushinteger(L, count);
  lua_pushlightuserdata(L, arguments);
  int code = lua_pcall(L, 2, 1, 0) == LUA_OK ? (int)lua_tointeger(L, -1) : report(L, 1);
  lua_close(L);
  return code;
}
