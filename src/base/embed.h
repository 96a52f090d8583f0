// Files that the build put inside the program (cmake/embed.cmake).
#pragma once

#include <cstddef>
#include <string_view>

#define ZO_EMBEDDED(symbol) extern "C" const char zo_embedded_##symbol[], zo_embedded_##symbol##_end[];
#define ZO_EMBEDDED_VIEW(symbol) \
  std::string_view(zo_embedded_##symbol, static_cast<std::size_t>(zo_embedded_##symbol##_end - zo_embedded_##symbol))
