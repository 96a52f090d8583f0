# The programs: zo, the model that follows a script, the rules of the house, the fuzzers.

add_executable(zo ${CMAKE_SOURCE_DIR}/src/cmd/main/main.cc)
zo_compile_settings(zo)
target_link_libraries(zo PRIVATE zo_cmd)

# A language model that follows a script, for journeys and benches.
add_executable(zo-scripted-model ${CMAKE_SOURCE_DIR}/tests/tools/scripted_model_main.cc)
zo_compile_settings(zo-scripted-model)
target_link_libraries(zo-scripted-model PRIVATE zo_testing)

# The queue alone, for journeys that kill it and for benches.
add_executable(zo-queue ${CMAKE_SOURCE_DIR}/tests/tools/queue_main.cc)
zo_compile_settings(zo-queue)
target_link_libraries(zo-queue PRIVATE zo_queue zo_testing)

# What embedding costs.
add_executable(zo-embedder-bench ${CMAKE_SOURCE_DIR}/bench/embedder.cc)
zo_compile_settings(zo-embedder-bench)
target_link_libraries(zo-embedder-bench PRIVATE zo_embed)

# The text index alone, for benches.
add_executable(zo-memory ${CMAKE_SOURCE_DIR}/tests/tools/memory_main.cc)
zo_compile_settings(zo-memory)
target_link_libraries(zo-memory PRIVATE zo_memory)

add_executable(tidy_test ${CMAKE_SOURCE_DIR}/src/tidy_test.cc)
zo_compile_settings(tidy_test)
target_link_libraries(tidy_test PRIVATE zo_async gtest gtest_main)
target_compile_definitions(tidy_test PRIVATE ZO_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
add_test(NAME tidy COMMAND tidy_test --gtest_brief=1)

# One program for each parser that sees outside bytes; built with the address sanitizer.
if(ZO_SANITIZE MATCHES "address")
  file(GLOB fuzzers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/fuzz/*_fuzz.cc)
  foreach(source ${fuzzers})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    zo_compile_settings(${name})
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE zo_automation zo_memory zo_embed zo_tool zo_model zo_door zo_net)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  endforeach()
endif()
