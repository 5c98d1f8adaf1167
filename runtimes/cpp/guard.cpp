// An exception that nothing catches ends the program as `std::terminate` does, with its type and message on stderr.
#include <exception>

extern "C" int __real___main_void();

extern "C" int __wrap___main_void() {
  try {
    return __real___main_void();
  } catch (...) {
    std::terminate();
  }
}
