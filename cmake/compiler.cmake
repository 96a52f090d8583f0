# The compiler, its flags, and the proof that it compiles coroutines correctly.

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "ZoClone needs clang 19 or newer (apt-get install clang-19); found "
                      "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}. Why: docs/decisions/0001-clang-19.md")
endif()

# Some compilers accept ordinary coroutines and destroy objects twice. Such a compiler is refused here, not met in production.
if(NOT DEFINED ZO_COROUTINES_PROVEN)
  try_run(ZO_COROUTINE_EXIT ZO_COROUTINE_BUILT ${CMAKE_BINARY_DIR}/coroutine_check
          SOURCES ${CMAKE_SOURCE_DIR}/cmake/coroutine_check.cc
          CXX_STANDARD 23 CXX_STANDARD_REQUIRED ON
          RUN_OUTPUT_VARIABLE ZO_COROUTINE_OUTPUT COMPILE_OUTPUT_VARIABLE ZO_COROUTINE_ERRORS)
  if(NOT ZO_COROUTINE_BUILT OR NOT ZO_COROUTINE_EXIT EQUAL 0)
    message(FATAL_ERROR "${CMAKE_CXX_COMPILER} miscompiles coroutines: ${ZO_COROUTINE_OUTPUT}${ZO_COROUTINE_ERRORS}")
  endif()
  set(ZO_COROUTINES_PROVEN TRUE CACHE INTERNAL "the coroutine self-test passed")
endif()

# SQL that is no literal, or has another number of ? than values, must not compile: store/sql.h.
if(NOT DEFINED ZO_SQL_PROVEN)
  foreach(wrong RANGE 4)
    try_compile(ZO_SQL_BUILT ${CMAKE_BINARY_DIR}/sql_check SOURCES ${CMAKE_SOURCE_DIR}/cmake/sql_check.cc
                CMAKE_FLAGS -DINCLUDE_DIRECTORIES=${CMAKE_SOURCE_DIR}/src COMPILE_DEFINITIONS -DWRONG=${wrong}
                CXX_STANDARD 23 CXX_STANDARD_REQUIRED ON NO_CACHE OUTPUT_VARIABLE ZO_SQL_OUTPUT)
    if((wrong EQUAL 0) AND NOT ZO_SQL_BUILT)
      message(FATAL_ERROR "store/sql.h refuses a right statement: ${ZO_SQL_OUTPUT}")
    elseif((NOT wrong EQUAL 0) AND ZO_SQL_BUILT)
      message(FATAL_ERROR "store/sql.h accepts wrong statement ${wrong} of cmake/sql_check.cc")
    endif()
  endforeach()
  set(ZO_SQL_PROVEN TRUE CACHE INTERNAL "wrong SQL does not compile")
endif()

add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Werror
  -Wno-missing-field-initializers  # designated initialisers leave out what has a default
  -fno-omit-frame-pointer -ftrivial-auto-var-init=zero -fstack-protector-strong)
add_link_options(-fuse-ld=lld-19)

# ccache needs the precompiled header to be the same for the same content, wherever and whenever it was made.
add_compile_options(-Xclang -fno-pch-timestamp)

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-O2 -g1)
  add_compile_definitions(_FORTIFY_SOURCE=3 _GLIBCXX_ASSERTIONS)
  add_link_options(-Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--gc-sections -Wl,--icf=safe -Wl,-z,pack-relative-relocs)
  # What memory and a start cost (docs/decisions/0035): what runs once, before main(), stands together and not on every page of the code;
  # and no other library here is in C++, so that ours is the only user of its library, and takes only what it uses.
  add_link_options(-Wl,-z,keep-text-section-prefix -static-libstdc++ -static-libgcc)
  add_compile_options(-ffunction-sections -fdata-sections)
  set(CMAKE_CXX_FLAGS_RELEASE "")
else()
  add_compile_options(-g1)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()
# Said once and for every target, so that all of them can share the one precompiled header.
add_compile_options(-fPIE)
add_link_options(-pie)

if(ZO_SANITIZE)
  add_compile_options(-O1 -fsanitize=${ZO_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ZO_SANITIZE})
  if(ZO_SANITIZE MATCHES "address")
    add_compile_options(-fsanitize=fuzzer-no-link)  # the same objects serve the fuzzers
  endif()
endif()
