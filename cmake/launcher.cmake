# zo-launcher: a program of its own, carried inside the sandbox library. Static and without C++ runtime, sanitizers or the
# flags of everything else, since it runs where nothing of ours exists.
file(GLOB ZO_LAUNCHER_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/sandbox/launcher/*.cc)
add_executable(zo-launcher ${ZO_LAUNCHER_SOURCES})
target_include_directories(zo-launcher PRIVATE ${CMAKE_SOURCE_DIR}/src)
set_target_properties(zo-launcher PROPERTIES
  COMPILE_OPTIONS "-O2;-g0;-fPIE;-D_FORTIFY_SOURCE=3;-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion;-Wold-style-cast;-Werror;-fno-exceptions;-fno-rtti;-fstack-protector-strong;-ftrivial-auto-var-init=zero;-ffunction-sections"
  COMPILE_DEFINITIONS ""
  LINK_OPTIONS "-fuse-ld=lld-19;-static-pie;-nostdlib++;-Wl,--gc-sections;-Wl,-z,relro,-z,now;-s")
add_dependencies(zo_sandbox zo-launcher)
zo_embed(zo_sandbox launcher ${CMAKE_BINARY_DIR}/zo-launcher)
