// The hub under load.
//
//     fanout_server PORT fanout|echo [--transport NAME] [--compression] [--channels] [--shards N] [--metrics] [--bare]
//                   [--publisher-thread RATE]

#include "metered.hpp"
#include "options.hpp"
#include "serve.hpp"

#include <kingbolt/compression/zlib.hpp>
#include <kingbolt/transport/native.hpp>
#include <kingbolt/transport/websocketpp.hpp>

int main(int argc, char** argv) {
    namespace transport = kingbolt::transport;
    using kingbolt::compression::Zlib;

    bench::allow_many_sockets();
    const auto options = fanout::read_options(argc, argv);
    if (options.shards > 1)
        fanout::serve_shards(options);
    else if (options.metrics)
        fanout::serve_metered(options);
    else if (options.transport == fanout::Transport::websocketpp)
        fanout::serve<transport::Websocketpp>(options);
    else if (options.compression)
        fanout::serve<transport::Native<Zlib>>(options, Zlib{});
    else
        fanout::serve<transport::Native<>>(options);
}
