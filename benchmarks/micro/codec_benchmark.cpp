// The codec: what a client's bytes cost before the hub sees a message. bytes_per_second counts payload.

#include <kingbolt/engine/frame_reader.hpp>
#include <kingbolt/engine/http_head.hpp>
#include <kingbolt/engine/http_response.hpp>
#include <kingbolt/engine/mask.hpp>
#include <kingbolt/engine/upgrade.hpp>
#include <kingbolt/engine/utf8.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace {

namespace engine = kingbolt::engine;
using kingbolt::Opcode;

void mask(benchmark::State& state) {
    std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
    const engine::MaskKey key{'\x37', '\x7a', '\x21', '\x3d'};
    for (auto _ : state) {
        engine::apply_mask(bytes, key);
        benchmark::DoNotOptimize(bytes.data());
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}

void utf8(benchmark::State& state, std::string_view unit) {
    std::string text;
    while (text.size() < static_cast<std::size_t>(state.range(0))) text += unit;
    for (auto _ : state) {
        if (!engine::is_utf8(text)) state.SkipWithError("a valid text was refused");
        benchmark::DoNotOptimize(text.data());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
void utf8_ascii(benchmark::State& state) { utf8(state, "{\"agent\":\"agent-7\"}"); }
void utf8_latin(benchmark::State& state) { utf8(state, "Zw\xC3\xB6lf Boxk\xC3\xA4mpfer jagen Viktor "); }
void utf8_cyrillic(benchmark::State& state) { utf8(state, "\xD0\xB0\xD0\xB3\xD0\xB5\xD0\xBD\xD1\x82 "); }
void utf8_chinese(benchmark::State& state) { utf8(state, "\xE4\xBB\xA3\xE7\x90\x86\xE7\x8A\xB6\xE6\x80\x81"); }

struct Counted {
    std::size_t messages = 0;
    bool on_message(Opcode, std::string_view, bool) { return ++messages, true; }
    bool on_ping(std::string_view) { return true; }
    bool on_pong(std::string_view) { return true; }
    bool on_close(kingbolt::CloseCode, std::string_view) { return true; }
};

/// 16 masked texts of `state.range(0)` bytes, as one read brings them. Masking twice gives the text again, and so on. An item is a message.
void read_frames(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    std::string bytes;
    for (int i = 0; i < 16; ++i) {
        bytes += '\x81';
        if (size < 126) {
            bytes += static_cast<char>(0x80U | size);
        } else {
            bytes += '\xFE';
            bytes += static_cast<char>(size >> 8U);
            bytes += static_cast<char>(size & 0xFFU);
        }
        bytes.append(4, '\x05');
        bytes.append(size, 'x');
    }
    engine::FrameReader reader;
    const engine::FrameRules rules;
    Counted heard;
    for (auto _ : state) {
        if (reader.read(bytes, rules, heard).violation != nullptr) state.SkipWithError("a valid frame was refused");
        benchmark::DoNotOptimize(bytes.data());
    }
    state.SetItemsProcessed(state.iterations() * 16);
    if (heard.messages != static_cast<std::size_t>(state.iterations()) * 16) state.SkipWithError("a message is missing");
}

/// As a browser sends it, to the 101.
void upgrade(benchmark::State& state) {
    constexpr std::string_view request =
        "GET /agents?since=4 HTTP/1.1\r\nHost: dashboard.example.com\r\nConnection: Upgrade\r\nPragma: no-cache\r\n"
        "Cache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 "
        "Safari/537.36\r\nUpgrade: websocket\r\nOrigin: https://dashboard.example.com\r\nSec-WebSocket-Version: 13\r\n"
        "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-US,en;q=0.9\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
    for (auto _ : state) {
        engine::HttpHeadReader reader;
        engine::HttpHead head;
        reader.read(request, head);
        const auto judgement = engine::judge_upgrade(std::move(head));
        if (judgement.kind != engine::UpgradeJudgement::Kind::upgrade) state.SkipWithError("a valid upgrade was refused");
        benchmark::DoNotOptimize(engine::accepting(judgement.request, kingbolt::UpgradeResponse::accept()));
    }
}

BENCHMARK(mask)->Arg(64)->Arg(4'096)->Arg(65'536);
BENCHMARK(utf8_ascii)->Arg(64)->Arg(65'536);
BENCHMARK(utf8_latin)->Arg(65'536);
BENCHMARK(utf8_cyrillic)->Arg(65'536);
BENCHMARK(utf8_chinese)->Arg(65'536);
BENCHMARK(read_frames)->Arg(16)->Arg(64)->Arg(512);
BENCHMARK(upgrade);

}  // namespace
