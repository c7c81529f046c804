#pragma once
// What this process holds, seen from malloc; what any process holds, seen from the kernel.

#include <unistd.h>

#include <malloc.h>

#include <cstddef>
#include <fstream>
#include <string>

namespace bench {

/// Bytes that the program has allocated and not freed, malloc's headers and rounding included.
inline std::size_t allocated_bytes() noexcept {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/// Bytes of a process that lie in memory, those of files apart; zero of one that has ended.
inline std::size_t resident_bytes(const std::string& pid = "self") {
    std::ifstream status{"/proc/" + pid + "/status"};
    for (std::string word; status >> word;) {
        std::size_t kib = 0;
        if (word == "RssAnon:" && status >> kib) return kib * 1024;
    }
    return 0;
}

}  // namespace bench
