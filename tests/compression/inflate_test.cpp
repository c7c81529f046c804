// What clients send: every way to compress that RFC 7692 allows is read, and everything else is found out within bounds.

#include <cstddef>
#include <string>
#include <string_view>

#include "compression/connection.hpp"
#include "support/catch.hpp"

using namespace compression_test;
using namespace std::string_view_literals;

TEST_CASE("the examples of RFC 7692 §7.2.3 are read") {
    Zlib zlib;
    Connection connection{zlib};
    const auto [payload, text] = GENERATE(table<std::string_view, std::string_view>({
        {"\xf2\x48\xcd\xc9\xc9\x07\x00"sv, "Hello"},                                       // §7.2.3.1: one block
        {"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"sv, "Hello"},                       // §7.2.3.3: not compressed
        {"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv, "Hello"},                                   // §7.2.3.4: BFINAL
        {"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"sv, "Hello"},               // §7.2.3.5: two blocks
        {"\x00"sv, ""},                                                                    // §7.2.3.6: empty
        {""sv, ""},                                                                        // from a flush that had nothing to do
        {"\xf3\x48\xcd\xc9\xc9\x07\x00"sv, "Hello"},                                       // BFINAL, and no block after it
        {"\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv, "HelloHello"},  // several final blocks
    }));

    CHECK(connection.receive(payload) == Inflated::ok);
    CHECK(connection.received == text);
}

TEST_CASE("a message that refers to the one before is read with context takeover, and only then (§7.2.3.2)") {
    constexpr auto first = "\xf2\x48\xcd\xc9\xc9\x07\x00"sv, second = "\xf2\x00\x11\x00\x00"sv;

    Zlib with{{.client_context_takeover = true}};
    Connection remembers{with};
    CHECK(remembers.response == "permessage-deflate; server_no_context_takeover");
    CHECK(remembers.receive(first) == Inflated::ok);
    CHECK(remembers.receive(second) == Inflated::ok);
    CHECK(remembers.received == "Hello");

    Zlib without;
    Connection forgets{without};
    CHECK(forgets.receive(first) == Inflated::ok);
    CHECK(forgets.receive(second) == Inflated::corrupt);
}

TEST_CASE("connections with context takeover do not read each other's context") {
    Zlib zlib{{.client_context_takeover = true}};
    Connection one{zlib}, other{zlib};
    CHECK(one.receive("\xf2\x48\xcd\xc9\xc9\x07\x00"sv) == Inflated::ok);
    CHECK(other.receive("\xf2\x00\x11\x00\x00"sv) == Inflated::corrupt);
    CHECK(one.receive("\xf2\x00\x11\x00\x00"sv) == Inflated::ok);
}

TEST_CASE("messages of every size come out as they went in, at every level and window") {
    const int level = GENERATE(1, 6, 9);
    const int window_bits = GENERATE(9, 10, 12, 15);
    const bool takeover = GENERATE(false, true);
    Zlib zlib{{.client_context_takeover = takeover, .client_max_window_bits = window_bits}};
    Connection connection{zlib, {{"client_max_window_bits", {}}}};
    Client client{window_bits, level};
    for (const std::size_t size : {1, 2, 125, 126, 511, 513, 16'383, 16'384, 16'385, 65'536, 200'000}) {
        for (const std::string& message : {events(size), noise(size, size)}) {
            if (!takeover) client.deflater.reset();
            REQUIRE(connection.receive(client.deflate(message)) == Inflated::ok);
            REQUIRE(connection.received == message);
        }
    }
}

TEST_CASE("a message of exactly the limit passes, and one byte more is too big") {
    Zlib zlib;
    Connection connection{zlib};
    const std::size_t limit = GENERATE(1, 1'000, 16'383, 16'384, 16'385, 100'000);
    Client client;
    CHECK(connection.receive(client.deflate(events(limit)), limit) == Inflated::ok);
    CHECK(connection.received.size() == limit);
    client.deflater.reset();
    CHECK(connection.receive(client.deflate(events(limit + 1)), limit) == Inflated::too_big);
    CHECK(connection.received.size() <= limit);
}

TEST_CASE("a few megabytes that would inflate to gigabytes are given up at the limit, in bounded memory") {
    Zlib zlib;
    Connection connection{zlib};
    // A final block of 1,032 zeros to the byte would go on for 2 GiB: RFC 1951 allows no better.
    static const std::string bomb = [] {
        Client client{15, 9};
        const std::string piece = client.deflate(std::string(16 << 20, '\0'));
        std::string all;
        for (int i = 0; i < 128; ++i) all += piece + std::string{"\x00\x00\xFF\xFF", 4};
        return all;
    }();
    CHECK(bomb.size() < (3U << 20));

    constexpr std::size_t limit = 1 << 20;
    CHECK(connection.receive(bomb, limit) == Inflated::too_big);
    CHECK(connection.received.size() <= limit);
    CHECK(connection.received.capacity() <= 2 * limit);
}

TEST_CASE("a message may be 200 times as large as on the wire and no more, but up to 64 KiB nobody asks") {
    Zlib zlib;
    Connection connection{zlib};
    const auto deflated_zeros = [](std::size_t size) { return Client{15, 9}.deflate(std::string(size, '\0')); };
    CHECK(connection.receive(deflated_zeros(64 * 1024), 1 << 20) == Inflated::ok);
    CHECK(connection.receive(deflated_zeros(64 * 1024 + 1), 1 << 20) == Inflated::too_big);
    Zlib generous{{.max_ratio = 2'000}};
    Connection other{generous};
    CHECK(other.receive(deflated_zeros(1 << 20), 1 << 20) == Inflated::ok);
}

TEST_CASE("after a message that was refused, the shared inflater reads the next connection's") {
    Zlib zlib;
    Connection bad{zlib}, good{zlib};
    CHECK(bad.receive("\xFF\xFF\xFF"sv) == Inflated::corrupt);
    CHECK(good.receive("\xf2\x48\xcd\xc9\xc9\x07\x00"sv) == Inflated::ok);
    CHECK(bad.receive(Client{}.deflate(events(5'000)), 100) == Inflated::too_big);
    CHECK(good.receive("\xf2\x48\xcd\xc9\xc9\x07\x00"sv) == Inflated::ok);
    CHECK(good.received == "Hello");
}

TEST_CASE("what no compressor writes is corrupt") {
    Zlib zlib;
    Connection connection{zlib};
    const std::string_view payload = GENERATE("\x07"sv,                             // block type 3
                                              "\x00\x05\x00\x00\x00Hello"sv,        // LEN and NLEN differ
                                              "\xf2\x00\x11\x00\x00"sv,             // reaches back before the beginning
                                              "\x78\x9c\xf2\x48\xcd\xc9\xc9\x07"sv  // zlib's header, which raw deflate has not
    );
    CHECK(connection.receive(payload) == Inflated::corrupt);
}

TEST_CASE("a message of which the end is missing is corrupt") {
    Zlib zlib;
    Connection connection{zlib};
    const std::string whole = GENERATE(Client{}.deflate(events(300)), Client{}.deflate(noise(300, 1)), Client{}.deflate(events(40'000)));
    REQUIRE(connection.receive(whole) == Inflated::ok);
    // The first byte of a stored block is an empty message.
    for (std::size_t size = 2; size + 1 < whole.size(); ++size) {
        INFO(size << " of " << whole.size() << " bytes");
        REQUIRE(connection.receive(whole.substr(0, size)) != Inflated::ok);
    }
}

TEST_CASE("whatever bytes arrive, the result is bounded and the next good message is read") {
    Zlib zlib{{.client_context_takeover = GENERATE(false, true)}};
    engine::Random random{7};
    const std::string good = Client{}.deflate(events(1'000));
    for (int round = 0; round < 5'000; ++round) {
        Connection connection{zlib};
        std::string bytes = round % 2 == 0 ? noise(1 + random.below(200), random()) : good;
        for (std::uint64_t flips = random.below(4); flips > 0; --flips) bytes[random.below(bytes.size())] ^= static_cast<char>(random());
        bytes.resize(1 + random.below(bytes.size()));
        connection.receive(bytes, 2'000);
        REQUIRE(connection.received.size() <= 2'000);

        Connection next{zlib};
        REQUIRE(next.receive(good) == Inflated::ok);
    }
}
