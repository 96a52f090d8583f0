# What ZoClone takes from Debian. Each missing package is named, so that `apt-get install` is the whole answer.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(zo_package target pc debian)
  pkg_check_modules(${target} IMPORTED_TARGET GLOBAL ${pc})
  if(NOT ${target}_FOUND)
    message(FATAL_ERROR "missing library ${pc}: apt-get install ${debian}")
  endif()
endfunction()

zo_package(CURL libcurl libcurl4-openssl-dev)
zo_package(SQLITE sqlite3 libsqlite3-dev)
zo_package(SODIUM libsodium libsodium-dev)
zo_package(SECCOMP libseccomp libseccomp-dev)
zo_package(FMT fmt libfmt-dev)  # its headers; src/base/fmt.cc is its library
zo_package(ZLIB zlib zlib1g-dev)
zo_package(EDIT libedit libedit-dev)

# Boost by number: Debian's default is an older one.
find_path(ZO_BOOST_INCLUDE boost/asio/awaitable.hpp REQUIRED)
find_library(ZO_BOOST_JSON libboost_json.a REQUIRED)
find_library(ZO_BOOST_CONTAINER libboost_container.a REQUIRED)
file(STRINGS ${ZO_BOOST_INCLUDE}/boost/version.hpp ZO_BOOST_VERSION_LINE REGEX "define BOOST_VERSION ")
if(NOT ZO_BOOST_VERSION_LINE MATCHES "108100")
  message(FATAL_ERROR "ZoClone is built with Boost 1.81: apt-get install libboost1.81-dev libboost-json1.81-dev")
endif()
add_library(zo_boost INTERFACE)
target_compile_definitions(zo_boost INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=16  # coroutine frames that are kept for the next; two, as by default, hold no turn's
  BOOST_ALL_NO_LIB)
target_link_libraries(zo_boost INTERFACE ${ZO_BOOST_JSON} ${ZO_BOOST_CONTAINER} Threads::Threads)

# How characters are put together. The archive: one more library to load would cost every start.
find_library(ZO_UTF8PROC libutf8proc.a)
if(NOT ZO_UTF8PROC)
  message(FATAL_ERROR "missing library libutf8proc: apt-get install libutf8proc-dev")
endif()

# Stems of words (Snowball). Likewise the archive.
find_library(ZO_STEMMER libstemmer.a)
if(NOT ZO_STEMMER)
  message(FATAL_ERROR "missing library libstemmer: apt-get install libstemmer-dev")
endif()

# Time zones. Archives, likewise: what Abseil's own CMake files name are shared libraries.
foreach(part time time_zone civil_time strings strings_internal int128 throw_delegate base spinlock_wait raw_logging_internal log_severity)
  find_library(ZO_ABSL_${part} libabsl_${part}.a)
  if(NOT ZO_ABSL_${part})
    message(FATAL_ERROR "missing library libabsl_${part}: apt-get install libabsl-dev")
  endif()
  list(APPEND ZO_ABSL_TIME ${ZO_ABSL_${part}})
endforeach()
