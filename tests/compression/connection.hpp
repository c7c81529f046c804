#pragma once
// What the tests need of a connection: negotiate, send a client's message in, have a message sent.

#include <kingbolt/compression/zlib.hpp>
#include <kingbolt/engine/random.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace compression_test {

using namespace kingbolt;
using compression::Zlib;

using Parameters = std::vector<ExtensionParameter>;

inline std::string text_of(const Frame& frame) {
    const auto payload = frame.payload();
    return {reinterpret_cast<const char*>(payload.data()), payload.size()};
}

/// As large as asked for, and compressible: like events, of which each resembles the others.
inline std::string events(std::size_t size, unsigned first = 0) {
    std::string text;
    for (unsigned i = first; text.size() < size; ++i)
        text +=
            R"({"agent":"agent-)" + std::to_string(i * 7919 % 1000) + R"(","state":"busy","since":)" + std::to_string(i * 104729) + "}\n";
    text.resize(size);
    return text;
}

/// As large as asked for, and not compressible.
inline std::string noise(std::size_t size, std::uint64_t seed) {
    engine::Random random{seed};
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
}

struct Connection {
    explicit Connection(Zlib& zlib_, Parameters parameters = {}) : zlib{zlib_} {
        const ExtensionOffer offer{"permessage-deflate", std::move(parameters)};
        response = zlib.accept(state, {&offer, 1}).value_or("");
    }

    Frame send(const Frame& frame) { return zlib.deflated(state, frame); }
    Frame send(std::string_view text) { return send(Frame::encode(Opcode::text, text)); }

    Inflated receive(std::string_view payload, std::size_t max_size = 1 << 20) { return zlib.inflate(state, payload, received, max_size); }

    Zlib& zlib;
    Zlib::State state{};
    std::string response{};
    std::string received{};
};

/// The client's side, with a deflater of its own.
struct Client {
    explicit Client(int window_bits = 15, int level = 6) : deflater{level, window_bits, 8} {}

    std::string deflate(std::string_view message) {
        std::vector<std::byte> out;
        deflater.deflate(std::as_bytes(std::span{message}), out);
        return {reinterpret_cast<const char*>(out.data()), out.size()};
    }

    compression::detail::Deflater deflater;
};

}  // namespace compression_test
