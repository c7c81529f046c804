#include "rig.hpp"

#include <kingbolt/transport/detail/output.hpp>

#include <numeric>

using namespace kingbolt;
using namespace kingbolt::test;
using transport::detail::Output;

namespace {

Frame binary(std::size_t size, char fill = 'x') { return Frame::encode(Opcode::binary, std::string(size, fill)); }

std::size_t wire_size(const std::vector<Frame>& frames) {
    return std::accumulate(frames.begin(), frames.end(), std::size_t{0}, [](std::size_t n, const Frame& f) { return n + f.wire().size(); });
}

std::string gathered(const Output& output) {
    Output::Buffers buffers;
    std::string bytes;
    for (const auto& buffer : output.gather(buffers)) bytes.append(static_cast<const char*>(buffer.data()), buffer.size());
    return bytes;
}

}  // namespace

TEST_CASE("output keeps its order and its place, wherever a write stops") {
    const std::vector<Frame> frames{Frame::encode(Opcode::text, "one"), Frame::encode(Opcode::text, ""),
                                    Frame::encode(Opcode::text, "three")};
    const std::string control = "good-bye";
    std::string all;
    for (const auto& frame : frames) all.append(reinterpret_cast<const char*>(frame.wire().data()), frame.wire().size());
    const std::size_t frame_bytes = all.size();
    all += control;

    for (std::size_t first = 0; first <= all.size(); ++first) {
        for (std::size_t second = 0; first + second <= all.size(); ++second) {
            CAPTURE(first, second);
            Output output;
            CHECK(output.empty());
            output.push(frames);
            output.push_control(control);
            std::size_t reported = 0;
            int frames_done = 0;
            int control_done = 0;
            std::size_t done = 0;
            for (const std::size_t bytes : {first, second, all.size() - first - second}) {
                REQUIRE(gathered(output) == all.substr(done));
                const auto progress = output.sent(bytes);
                done += bytes;
                reported += progress.frame_bytes;
                frames_done += progress.frames_done ? 1 : 0;
                control_done += progress.control_done ? 1 : 0;
                CHECK(reported == std::min(done, frame_bytes));
                CHECK(frames_done == (done >= frame_bytes ? 1 : 0));
                CHECK(control_done == (done == all.size() ? 1 : 0));
            }
            CHECK(output.empty());
        }
    }
}

TEST_CASE("more frames than one system call takes are gathered in turns") {
    std::vector<Frame> frames;
    for (int i = 0; i < 150; ++i) frames.push_back(binary(1));
    Output output;
    output.push(frames);
    CHECK(gathered(output).size() == 64 * 3);
    output.sent(64 * 3 - 1);
    CHECK(gathered(output).size() == 64 * 3 - 2);
    CHECK(output.sent(64 * 3 - 2).frames_done == false);
    CHECK(output.sent(150 * 3 - 2 * 64 * 3 + 3).frames_done);
    CHECK(output.empty());
}

TEST_CASE("frames arrive in order, however many a batch has") {
    Rig rig;
    auto client = rig.open();
    for (int batch = 1; batch <= 3; ++batch) {
        rig.command(0, [&](Connection& connection) {
            std::vector<Frame> frames;
            for (int i = 0; i < 100 * batch; ++i) frames.push_back(Frame::encode(Opcode::text, std::to_string(i)));
            rig.recorder.write(connection, frames);
        });
        for (int i = 0; i < 100 * batch; ++i) {
            const auto frame = client.read_frame();
            REQUIRE(frame);
            REQUIRE(frame->payload == std::to_string(i));
        }
    }
    rig.in_loop([] {});
    CHECK(rig.recorder.completed() == 3);
}

TEST_CASE("a write that goes out at once says so, and is not reported again") {
    Rig rig;
    auto client = rig.open();
    const std::vector<Frame> frames{binary(10), binary(300), binary(0)};
    std::size_t taken = 0;
    rig.command(0, [&](Connection& connection) { taken = connection.write(frames); });
    CHECK(taken == wire_size(frames));
    rig.in_loop([] {});
    rig.in_loop([] {});
    CHECK(rig.recorder.reports() == 0);
}

TEST_CASE("what a slow reader takes is reported as it takes it") {
    Rig rig{{.send_buffer = 16'384}};
    auto client = rig.open({.receive_buffer = 4096});
    const std::vector<Frame> frames{binary(2'000'000, 'a'), binary(2'000'000, 'b')};
    rig.command(0, [&](Connection& connection) { rig.recorder.write(connection, frames); });
    rig.in_loop([] {});
    // It has begun, and is stuck: the client reads nothing.
    const std::size_t begun = rig.recorder.written();
    CHECK(begun > 0);
    CHECK(begun < 1'000'000);
    CHECK(rig.recorder.completed() == 0);
    CHECK(rig.evidence().unsent_bytes > 0);
    const auto read_one = [&](const Frame& expected) {
        const auto frame = client.read_frame();
        REQUIRE(frame);
        CHECK(frame->payload.size() + 10 == expected.wire().size());
        rig.in_loop([] {});
        rig.in_loop([] {});
    };
    read_one(frames[0]);
    CHECK(rig.recorder.written() >= 1'000'000);
    CHECK(rig.recorder.written() < wire_size(frames));
    CHECK(rig.recorder.completed() == 0);
    const std::size_t reports = rig.recorder.reports();
    CHECK(reports > 0);
    read_one(frames[1]);
    CHECK(rig.recorder.written() == wire_size(frames));
    CHECK(rig.recorder.completed() == 1);
    CHECK(rig.recorder.reports() > reports);
}

TEST_CASE("one frame goes to many connections") {
    constexpr std::uint32_t clients = 50;
    Rig rig;
    std::vector<WsClient> all;
    for (std::uint32_t i = 0; i < clients; ++i) all.push_back(rig.open());
    const Frame frame = Frame::encode(Opcode::text, "to everyone");
    rig.in_loop([&] {
        for (std::uint32_t i = 0; i < clients; ++i) rig.recorder.command(i, [&](Connection& c) { rig.recorder.write(c, {&frame, 1}); });
    });
    for (auto& client : all) {
        const auto got = client.read_frame();
        REQUIRE(got);
        CHECK(got->payload == "to everyone");
    }
    rig.in_loop([] {});
    for (std::uint32_t i = 0; i < clients; ++i) CHECK(rig.recorder.completed(i) == 1);
}

TEST_CASE("a peer that vanishes leaves evidence: unacknowledged segments") {
    Rig rig;
    auto client = rig.open();
    // Its kernel may take a while to acknowledge what came before.
    for (const auto start = WaitClock::now(); rig.evidence().unsent_bytes > 0 && WaitClock::now() - start < patience;) rig.in_loop([] {});
    client.vanish();
    rig.command(0, [&](Connection& connection) {
        const Frame frame = binary(1000);
        rig.recorder.write(connection, {&frame, 1});
    });
    rig.in_loop([] {});
    // The write succeeded; only the kernel knows better.
    CHECK(rig.recorder.completed() == 1);
    CHECK(rig.evidence().unacknowledged > 0);
    CHECK(rig.evidence().unsent_bytes == on_wire(1004));
    rig.command(0, [](Connection& connection) { connection.abort(); });
    const auto how = rig.recorder.how();
    REQUIRE(how.tcp);
    CHECK(how.tcp->unacknowledged > 0);
}
