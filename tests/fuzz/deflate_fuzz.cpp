// The input's first byte chooses the options. The others are taken for a compressed message, which may be corrupt but keeps to the limit
// and spoils nothing that comes after it; and for a message to be compressed, which is read again as it was.

#include <kingbolt/compression/zlib.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "check.hpp"

using namespace kingbolt;
using namespace kingbolt::fuzz;
using compression::Zlib;

namespace {

/// As one message and then as two, the second of which a context takes further.
void inflate(Zlib& zlib, std::string_view input, std::size_t cut, std::size_t limit) {
    const ExtensionOffer offer{"permessage-deflate"};
    Zlib::State state;
    zlib.accept(state, {&offer, 1});
    std::string out = "of the message before";
    for (const std::string_view payload : {input.substr(0, cut), input.substr(cut)}) {
        const Inflated result = zlib.inflate(state, payload, out, limit);
        check(out.size() <= limit, "a message keeps to its limit");
        if (result != Inflated::ok) return;
    }
}

void round_trip(Zlib& zlib, std::string_view input, std::size_t cut) {
    const ExtensionOffer offer{"permessage-deflate"};
    Zlib::State state;
    zlib.accept(state, {&offer, 1});
    compression::detail::Inflater client{15};
    for (const std::string_view message : {input, input.substr(0, cut), input.substr(cut), input}) {
        const Frame sent = zlib.deflated(state, Frame::encode(Opcode::binary, message));
        const auto bytes = sent.payload();
        std::string payload{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
        if (sent.window_bits() != 0) {
            std::string read;
            check(client.inflate(payload, read, message.size()) == Inflated::ok, "what was compressed can be read");
            payload = std::move(read);
        }
        check(payload == message, "what was compressed is read as it was");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const bool takeover = (data[0] & 1U) != 0;
    constexpr std::size_t limits[] = {1, 100, 5'000, 200'000};
    const std::size_t limit = limits[(data[0] >> 1U) % 4];
    const int bits = 9 + (data[0] >> 3U) % 7;
    // Made once: to set a deflater up takes longer than all else.
    static Zlib once{{.min_size = 1}}, in_context{{.min_size = 1, .server_context_takeover = true, .client_context_takeover = true}};
    Zlib narrow{{.min_size = 1, .server_context_takeover = takeover, .server_max_window_bits = bits, .memory_level = 1}};
    const std::string_view input = text_of(data + 1, size - 1);
    const std::size_t cut = random_of(input).below(input.size() + 1);
    inflate(takeover ? in_context : once, input, input.size(), limit);
    inflate(takeover ? in_context : once, input, cut, limit);
    round_trip(narrow, input, cut);
    return 0;
}
