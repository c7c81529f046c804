#pragma once
// UTF-8 at the end of a text, which is known to be UTF-8, but perhaps cut off there.

#include <kingbolt/engine/utf8.hpp>

#include <cstddef>
#include <string_view>

namespace kingbolt::transport::detail {

inline bool ends_inside_character(std::string_view text) {
    using engine::is_utf8_continuation;
    std::size_t trailing = 0;
    while (trailing < text.size() && trailing < 4 && is_utf8_continuation(text[text.size() - 1 - trailing])) ++trailing;
    if (trailing == text.size()) return trailing > 0;
    const auto lead = static_cast<unsigned char>(text[text.size() - 1 - trailing]);
    const std::size_t wanted = lead >= 0xF0U ? 3 : lead >= 0xE0U ? 2 : lead >= 0xC0U ? 1 : 0;
    return trailing < wanted;
}

}  // namespace kingbolt::transport::detail
