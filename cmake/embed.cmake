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

# Several files as one table, a row each: `declared` is the function, as `header` declares it, that gives the rows of `type`.
function(zo_embed_table target out header declared type files symbols rows)
  set(declarations "")
  foreach(file symbol IN ZIP_LISTS files symbols)
    zo_embed(${target} ${symbol} ${file})
    string(APPEND declarations "ZO_EMBEDDED(${symbol})\n")
  endforeach()
  list(JOIN rows "\n" rows)
  set(out ${CMAKE_BINARY_DIR}/generated/${out})
  file(CONFIGURE OUTPUT ${out} CONTENT
"#include \"base/embed.h\"
#include \"${header}\"

${declarations}
namespace zo {
${declared} {
  static const ${type} table[] = {
${rows}
  };
  return table;
}
}  // namespace zo
")
  target_sources(${target} PRIVATE ${out})
endfunction()

# The migrations, in order, as store/migrate.h declares them.
function(zo_embed_migrations target folder)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/[0-9][0-9][0-9][0-9]_*.sql)
  list(SORT files)
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    string(SUBSTRING ${name} 0 4 digits)
    math(EXPR number "1${digits} - 10000")
    list(APPEND symbols migration_${digits})
    list(APPEND rows "      {${number}, \"${name}\", ZO_EMBEDDED_VIEW(migration_${digits})},")
  endforeach()
  zo_embed_table(${target} migrations.cc store/migrate.h "std::span<const Migration> migrations()" Migration "${files}" "${symbols}" "${rows}")
endfunction()

# The shapes of the HTTP API, as api/shapes.h declares them.
function(zo_embed_shapes target folder)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.json)
  foreach(file ${files})
    cmake_path(GET file STEM name)
    list(APPEND symbols shapes_${name})
    list(APPEND rows "      ZO_EMBEDDED_VIEW(shapes_${name}),")
  endforeach()
  zo_embed_table(${target} shapes.cc api/shapes.h "std::span<const std::string_view> shape_files()" std::string_view "${files}" "${symbols}" "${rows}")
endfunction()
