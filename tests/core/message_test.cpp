#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/core/message.hpp>
#include <kingbolt/core/session_id.hpp>
#include <kingbolt/core/time.hpp>

#include <chrono>
#include <cstddef>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;

TEST_CASE("a message of characters is text, a message of bytes is binary") {
    const std::string text = "text";
    const std::vector<std::byte> bytes{std::byte{0}, std::byte{255}};
    CHECK(Message{text}.is_text());
    CHECK(Message{"literal"}.text() == "literal");
    CHECK(Message{std::string_view{"view"}}.opcode() == Opcode::text);
    const Message binary{std::span{bytes}};
    CHECK_FALSE(binary.is_text());
    CHECK(binary.opcode() == Opcode::binary);
    CHECK(binary.size() == 2);
    CHECK(binary.bytes()[1] == std::byte{255});
}

TEST_CASE("a message views the bytes of its maker and owns none") {
    const std::string text(100, 'x');
    const Message message{text};
    CHECK(message.text().data() == text.data());
    CHECK(reinterpret_cast<const char*>(message.bytes().data()) == text.data());
    static_assert(std::is_trivially_copyable_v<Message>);
}

TEST_CASE("a message may be empty, and may hold zeros") {
    CHECK(Message{std::string_view{}}.size() == 0);
    CHECK(Message{std::span<const std::byte>{}}.size() == 0);
    CHECK(Message{std::string_view{"a\0b", 3}}.size() == 3);
}

TEST_CASE("a number or a pointer to something else is no message") {
    static_assert(std::is_convertible_v<const char*, Message>);
    static_assert(std::is_convertible_v<std::string, Message>);
    static_assert(!std::is_constructible_v<Message, int>);
    static_assert(!std::is_constructible_v<Message, const int*>);
    SUCCEED("checked by the compiler");
}

TEST_CASE("a session id survives its packing into 64 bits, and generation 0 names nobody") {
    const SessionId id{.index = 0xFFFF'FFFE, .generation = 7};
    CHECK(SessionId::from_value(id.value()) == id);
    CHECK(id);
    CHECK_FALSE(SessionId{});
    CHECK_FALSE(SessionId{.index = 3});
    CHECK(SessionId{1, 1} != SessionId{1, 2});
}

TEST_CASE("a session id reads `#index.generation` and can be a key") {
    std::ostringstream out;
    out << SessionId{.index = 3, .generation = 12};
    CHECK(out.str() == "#3.12");
    const std::unordered_set<SessionId> set{{1, 1}, {1, 2}, {1, 1}};
    CHECK(set.size() == 2);
}

TEST_CASE("byte sizes read like their documentation") {
    static_assert(1_KiB == 1024 && 3_MiB == 3 * 1024 * 1024 && 2_GiB == std::size_t{2} << 30U);
    SUCCEED("checked by the compiler");
}

TEST_CASE("milliseconds are rounded towards zero") {
    using namespace std::chrono_literals;
    CHECK(milliseconds(1999us) == 1);
    CHECK(milliseconds(-1999us) == -1);
    CHECK(milliseconds(2h) == 7'200'000);
}
