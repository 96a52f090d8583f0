# The page inside the program: every file of web/dist, compressed, in a table that api/page.h declares. A build without the page
# (unit tests on a machine without node) has an empty table and says so when it is asked for.

function(zo_embed_page target dist)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${dist} ${dist}/*)
  list(FILTER files EXCLUDE REGEX "\\.map$")
  set(declarations "")
  set(rows "")
  set(index 0)
  foreach(file ${files})
    set(packed ${CMAKE_BINARY_DIR}/generated/page/${index}.gz)
    add_custom_command(OUTPUT ${packed} DEPENDS ${dist}/${file} VERBATIM
                       COMMAND sh -c "mkdir -p \"$(dirname \"$2\")\" && gzip -9nc \"$1\" > \"$2\"" sh ${dist}/${file} ${packed})
    target_sources(${target} PRIVATE ${packed})
    zo_embed(${target} page_${index} ${packed})
    set(type application/octet-stream)
    foreach(pair "html=text/html" "js=text/javascript" "css=text/css" "svg=image/svg+xml" "png=image/png" "ico=image/x-icon" "json=application/json" "webmanifest=application/manifest+json" "woff2=font/woff2")
      string(REGEX MATCH "^([a-z0-9]+)=(.*)$" _ "${pair}")
      if(file MATCHES "\\.${CMAKE_MATCH_1}$")
        string(REGEX REPLACE "^[a-z0-9]+=" "" type "${pair}")
      endif()
    endforeach()
    set(path "/${file}")
    if(file STREQUAL "index.html")
      set(path "/")
    endif()
    string(APPEND declarations "ZO_EMBEDDED(page_${index})\n")
    string(APPEND rows "      PageFile{\"${path}\", \"${type}\", ZO_EMBEDDED_VIEW(page_${index})},\n")
    math(EXPR index "${index} + 1")
  endforeach()
  set(out ${CMAKE_BINARY_DIR}/generated/page_files.cc)
  file(CONFIGURE OUTPUT ${out} CONTENT
"#include \"api/page.h\"
#include \"base/embed.h\"

${declarations}
namespace zo {
std::span<const PageFile> page_files() {
  static const std::vector<PageFile> table{
${rows}  };
  return table;
}
}  // namespace zo
")
  target_sources(${target} PRIVATE ${out})
endfunction()
