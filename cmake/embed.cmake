# Files carried inside the program. zo_embed(target symbol file) gives `extern const char zo_embedded_SYMBOL[]` and
# `zo_embedded_SYMBOL_end[]`; base/embed.h reads them.
enable_language(ASM)

function(zo_embed target symbol file)
  set(out ${CMAKE_BINARY_DIR}/generated/embed_${symbol}.S)
  file(CONFIGURE OUTPUT ${out} CONTENT
".section .rodata
.balign 16
.global zo_embedded_${symbol}
.global zo_embedded_${symbol}_end
zo_embedded_${symbol}:
.incbin \"${file}\"
zo_embedded_${symbol}_end:
.byte 0
.section .note.GNU-stack,\"\",@progbits
")
  set_source_files_properties(${out} PROPERTIES OBJECT_DEPENDS ${file} LANGUAGE ASM)
  target_sources(${target} PRIVATE ${out})
endfunction()

# The migrations, in order, as one table that store/migrate.h declares.
function(zo_embed_migrations target folder)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/[0-9][0-9][0-9][0-9]_*.sql)
  list(SORT files)
  set(declarations "")
  set(rows "")
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    string(SUBSTRING ${name} 0 4 digits)
    math(EXPR number "1${digits} - 10000")
    zo_embed(${target} migration_${digits} ${file})
    string(APPEND declarations "ZO_EMBEDDED(migration_${digits})\n")
    string(APPEND rows "      {${number}, \"${name}\", ZO_EMBEDDED_VIEW(migration_${digits})},\n")
  endforeach()
  set(out ${CMAKE_BINARY_DIR}/generated/migrations.cc)
  file(CONFIGURE OUTPUT ${out} CONTENT
"#include \"base/embed.h\"
#include \"store/migrate.h\"

${declarations}
namespace zo {
std::span<const Migration> migrations() {
  static const Migration table[] = {
${rows}  };
  return table;
}
}  // namespace zo
")
  target_sources(${target} PRIVATE ${out})
endfunction()

# The shapes of the HTTP API, as one list that api/shapes.h declares.
function(zo_embed_shapes target folder)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.json)
  set(declarations "")
  set(rows "")
  foreach(file ${files})
    cmake_path(GET file STEM name)
    zo_embed(${target} shapes_${name} ${file})
    string(APPEND declarations "ZO_EMBEDDED(shapes_${name})\n")
    string(APPEND rows "      ZO_EMBEDDED_VIEW(shapes_${name}),\n")
  endforeach()
  set(out ${CMAKE_BINARY_DIR}/generated/shapes.cc)
  file(CONFIGURE OUTPUT ${out} CONTENT
"#include \"api/shapes.h\"
#include \"base/embed.h\"

${declarations}
namespace zo {
std::span<const std::string_view> shape_files() {
  static const std::string_view table[] = {
${rows}  };
  return table;
}
}  // namespace zo
")
  target_sources(${target} PRIVATE ${out})
endfunction()
