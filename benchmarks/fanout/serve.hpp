#pragma once
// The measured server over one transport.

#include "bench/memory_on_request.hpp"
#include "bench/server.hpp"
#include "options.hpp"
#include "publisher_thread.hpp"

#include <kingbolt/engine/journal.hpp>
#include <kingbolt/hub.hpp>

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <optional>
#include <utility>

namespace fanout {

namespace kb = kingbolt;

template <class Transport, class Hub>
void serve_with(asio::io_context& io, const Options& options, const Transport& transport, Hub& hub) {
    hub.on_open([](kb::Session& client) {
        if (client.path() != "/publish") client.subscribe("all");
    });
    if (options.mode == bench::Mode::echo)
        hub.on_message([](kb::Session& from, kb::Message message) { from.send(message); });
    else
        hub.on_message([&hub](kb::Session&, kb::Message message) { hub.publish("all", message); });

    bench::announce_port(transport.port());
    std::optional<PublisherThread<Hub>> publisher;
    // From within the loop: which thread it runs on is known then.
    if (options.publisher_per_second != 0) asio::post(io, [&] { publisher.emplace(hub, options.publisher_per_second); });
    io.run();
}

/// All policies are on, unless the options want it bare. The limits are so wide that they never act. `more` is what the transport
/// takes beside its options.
template <class Transport, class... More>
void serve(const Options& options, More... more) {
    asio::io_context io{1};
    bench::MemoryOnRequest memory{io};
    Transport server{io, {.port = options.port}, std::move(more)...};
    if (options.bare) {
        kb::Hub hub{server, kb::NoKeepAlive{}, kb::Unlimited{}};
        serve_with(io, options, server, hub);
    } else {
        kb::Journal journal;
        kb::Hub hub{server,       kb::KeepAlive{}, kb::RateLimiter{.per_second = 1e9, .burst = 1'000'000},
                    kb::Outbox{}, kb::Deadlines{}, journal};
        serve_with(io, options, server, hub);
    }
}

}  // namespace fanout
