// What channels keep: an event of a topic's history, and a topic that has none. Nobody listens, so that nothing else is kept. A
// subscription through channels is one of the hub's, whose memory bench_memory measures.

#include "bench/null_transport.hpp"
#include "scenario.hpp"

#include <kingbolt/channels.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/protocol/json.hpp>
#include <kingbolt/testing/manual_clock.hpp>

#include <cstddef>
#include <cstdlib>
#include <string>
#include <utility>

namespace {

namespace kb = kingbolt;

constexpr std::size_t data_size = 64;

struct Publisher {
    explicit Publisher(kb::ChannelOptions options) : channels{hub, kb::protocol::Json{}, std::move(options)} {}

    void publish(std::size_t topics, std::size_t events) {
        const std::string data = '"' + std::string(data_size - 2, 'x') + '"';
        for (std::size_t event = 0; event < events; ++event) {
            for (std::size_t topic = 0; topic < topics; ++topic) {
                if (channels.publish("agents." + std::to_string(topic), "status", data)) std::abort();
                transport.turn();
            }
        }
    }

    bench::NullTransport transport;
    kb::testing::ManualClock clock;
    kb::Hub<bench::NullTransport, kb::testing::ManualClock&> hub{transport, clock};
    kb::Channels<decltype(hub), kb::protocol::Json> channels;
};

void topics(std::size_t count) {
    Publisher publisher{{.history = {.events = 0}, .max_topics = count}};
    const bench::Memory before;
    publisher.publish(count, 1);
    bench::report("topic without history", count, before);
}

/// A topic's own memory is part of what its events cost.
void history(std::size_t topics) {
    Publisher publisher{{.max_topics = topics}};
    const std::size_t kept = kb::HistoryOptions{}.events;
    const bench::Memory before;
    publisher.publish(topics, 2 * kept);
    bench::report("event in a history of 128, " + std::to_string(data_size) + " bytes of data", topics * kept, before);
}

}  // namespace

int main() {
    bench::in_a_process_of_its_own([] { topics(100'000); });
    bench::in_a_process_of_its_own([] { history(1'000); });
}
