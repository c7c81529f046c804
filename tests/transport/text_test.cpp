#include "websocketpp/text.hpp"

#include "support/catch.hpp"

#include <cstddef>
#include <string>

using namespace kingbolt;

TEST_CASE("a text that ends inside a character is noticed") {
    using transport::detail::ends_inside_character;
    const std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\xA9";  // one, two, three and four bytes
    for (std::size_t size = 0; size <= text.size(); ++size) {
        CAPTURE(size);
        CHECK(ends_inside_character(text.substr(0, size)) == (engine::utf8_prefix(text, size).size() != size));
    }
}
