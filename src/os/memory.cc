#include "os/memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace zo {
namespace {

// Code alone: it is never written, so the file has it still.
int give_back_code(dl_phdr_info* module, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < module->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = module->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0 || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = (module->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const std::uintptr_t end = (module->dlpi_addr + segment.p_vaddr + segment.p_memsz + page - 1) & ~(page - 1);
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void give_back_memory() {
  ::dl_iterate_phdr(give_back_code, nullptr);
  ::malloc_trim(0);
}

}  // namespace zo
