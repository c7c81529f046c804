#include "metered.hpp"

#include "serve.hpp"

#include <kingbolt/metrics.hpp>

namespace fanout {

void serve_metered(const Options& options) {
    asio::io_context io{1};
    bench::MemoryOnRequest memory{io};
    kb::transport::Native<> server{io, {.port = options.port}};
    bench::announce_port(server.port());
    kb::metrics::HubMetrics counted;
    serve_all_policies(io, options, server, counted);
}

}  // namespace fanout
