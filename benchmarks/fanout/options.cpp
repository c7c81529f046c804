#include "options.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <map>
#include <string>

namespace fanout {

Options read_options(int argc, char** argv) {
    Options options;
    CLI::App app{"The hub under load"};
    const std::map<std::string, bench::Mode> modes{{"fanout", bench::Mode::fanout}, {"echo", bench::Mode::echo}};
    app.add_option("PORT", options.port, "port on 127.0.0.1; 0 takes a free one")->required()->check(CLI::Range(0, 65535));
    app.add_option("MODE", options.mode, "fanout or echo")->required()->transform(CLI::CheckedTransformer(modes));
    const std::map<std::string, Transport> transports{{"native", Transport::native}, {"websocketpp", Transport::websocketpp}};
    app.add_option("--transport", options.transport, "who does the bytes; native unless told otherwise")
        ->transform(CLI::CheckedTransformer(transports));
    app.add_flag("--compression", options.compression, "permessage-deflate, for clients that ask for it; native only");
    app.add_flag("--channels", options.channels, "messages go out as events of the JSON protocol; fanout only");
    app.add_flag("--metrics", options.metrics, "counted for Prometheus; native only, with all policies");
    app.add_flag("--bare", options.bare, "no keep-alive, no rate limit, no journal");
    app.add_option("--shards", options.shards, "hubs, each on a thread of its own; native only")->check(CLI::Range(1, 64))->type_name("N");
    app.add_option("--publisher-thread", options.publisher_per_second, "a thread of the server publishes so many 64-byte messages a second")
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("RATE");
    try {
        app.parse(argc, argv);
        if (options.compression && options.transport != Transport::native)
            throw CLI::ValidationError{"--compression", "only --transport native compresses"};
        if (options.channels && options.mode != bench::Mode::fanout) throw CLI::ValidationError{"--channels", "goes with fanout only"};
        if (options.metrics && (options.compression || options.bare || options.shards > 1 || options.transport != Transport::native))
            throw CLI::ValidationError{"--metrics", "goes with --transport native and all policies, without --compression and --shards"};
        if (options.shards > 1 && (options.compression || options.transport != Transport::native))
            throw CLI::ValidationError{"--shards", "several go with --transport native, without --compression"};
    } catch (const CLI::ParseError& problem) {
        std::exit(app.exit(problem) == 0 ? 0 : 2);
    }
    return options;
}

}  // namespace fanout
