#include "options.hpp"

#include "json_config.hpp"
#include "units.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>

namespace reference_server {
namespace {

/// Adds options whose complaints name the key, the value and the range.
class Reader {
public:
    explicit Reader(CLI::App& app) : app_{app} {}

    CLI::Option* add(const char* name, kingbolt::Duration& target, kingbolt::Duration min, kingbolt::Duration max, const char* help) {
        return add_between(name, target, min, max, parse_duration, "DURATION", "a duration", help);
    }
    CLI::Option* add(const char* name, std::size_t& target, std::size_t min, std::size_t max, const char* help) {
        return add_between(name, target, min, max, parse_size, "BYTES", "a size", help);
    }
    CLI::Option* add(const char* name, std::uint32_t& target, std::uint32_t min, std::uint32_t max, const char* help) {
        return add_between(name, target, min, max, parse_count, "N", "a number", help);
    }
    CLI::Option* add(const char* name, Address& target, bool may_be_zero, const char* help) {
        const std::string wanted = std::string{"HOST:PORT with a port from "} + (may_be_zero ? "0" : "1") + " to 65535";
        const auto store = [name, &target, may_be_zero, wanted](const std::string& text) {
            const auto address = parse_address(text);
            if (!address || (address->port == 0 && !may_be_zero)) complain(name, text, wanted);
            target = *address;
        };
        return app_.add_option_function<std::string>(name, store, help)->type_name("HOST:PORT")->default_str(to_text(target));
    }
    CLI::Option* add(const char* name, std::string& target, std::vector<std::string> choices, const char* help) {
        const auto store = [name, &target, choices = std::move(choices)](const std::string& text) {
            if (std::ranges::find(choices, text) == choices.end()) complain(name, text, "one of " + CLI::detail::join(choices, ", "));
            target = text;
        };
        return app_.add_option_function<std::string>(name, store, help)->type_name("NAME")->default_str(target);
    }

    [[noreturn]] static void complain(std::string name, const std::string& value, const std::string& wanted) {
        throw CLI::ValidationError(std::move(name), "\"" + value + "\" is not " + wanted);
    }

private:
    template <class Value, class Parse>
    CLI::Option* add_between(const char* name, Value& target, Value min, Value max, Parse parse, const char* type, const char* kind,
                             const char* help) {
        const auto store = [=, &target](const std::string& text) {
            const auto value = parse(text);
            if (!value || *value < min || *value > max)
                complain(name, text, std::string{kind} + " from " + to_text(min) + " to " + to_text(max));
            target = *value;
        };
        return app_.add_option_function<std::string>(name, store, help)->type_name(type)->default_str(to_text(target));
    }

    CLI::App& app_;
};

}  // namespace

Options read_options(int argc, const char* const* argv) {
    Options options;
    CLI::App app{"Streams the status of agents to WebSocket clients.", "reference_server"};
    app.config_formatter(std::make_shared<JsonConfig>(app));
    app.set_config("--config", "", "a JSON file; each of its keys is one of these options without the dashes")->type_name("FILE");

    Reader reader{app};
    reader.add("--listen", options.listen, true, "where clients connect; port 0 takes a free one");
    reader.add("--transport", options.transport, {"native", "websocketpp"}, "what carries the WebSockets");
    reader.add("--engine", options.engine, false, "the RPC engine that knows the agents");
    reader.add("--ping-interval", options.ping_interval, 10ms, 1h, "how often each client is pinged");
    const auto* pong_timeout = reader.add("--pong-timeout", options.pong_timeout, 1ms, 1h, "how long a pong may take");
    reader.add("--poll-interval", options.poll_interval, 50ms, 1h, "how often the engine is asked");
    reader.add("--refresh-interval", options.refresh_interval, 100ms, 1h, "an unchanged status is published this often");
    reader.add("--rpc-timeout", options.rpc_timeout, 10ms, 1h, "how long the engine may take to answer a call");
    reader.add("--breaker-threshold", options.breaker_threshold, 1, 1'000'000,
               "calls of a method that fail in a row until it is called no more");
    reader.add("--breaker-open-for", options.breaker_open_for, 1ms, 720h, "how long until such a method is tried again");
    reader.add("--breaker-probes", options.breaker_probes, 1, 15, "calls that must succeed then");
    reader.add("--stale-max-age", options.stale_max_age, 1ms, 8'760h, "how old the last good answer may be that is given instead");
    reader.add("--max-message", options.max_message, 16, 64_MiB, "longest message a client may send");
    reader.add("--handshake-timeout", options.handshake_timeout, 10ms, 1h, "how long a client may take to send its upgrade request");
    reader.add("--close-timeout", options.close_timeout, 10ms, 1h, "how long a closing client may take to answer");
    reader.add("--drain-deadline", options.drain_deadline, 100ms, 1h, "after SIGTERM, all clients are gone within this time");
    app.add_option("--dashboard", options.dashboard, "serve the dashboard at / from this folder; scripts/build-dashboard makes it")
        ->type_name("FOLDER")
        ->capture_default_str();
    options.access.add_to(app);
    reader.add("--log-level", options.log_level, {"debug", "info", "warn", "error", "off"}, "least important line that is logged");
    bool print_config = false;
    app.add_flag("--print-config", print_config, "print the options as a config file and exit")->configurable(false);

    try {
        app.parse(argc, argv);
        if (pong_timeout->empty()) options.pong_timeout = std::min(options.pong_timeout, options.ping_interval);
        if (options.pong_timeout > options.ping_interval)
            Reader::complain("--pong-timeout", to_text(options.pong_timeout),
                             "a duration from 1ms to --ping-interval, " + to_text(options.ping_interval));
        options.access.check("--listen", options.listen.host);
    } catch (const kingbolt::InvalidOption& wrong) {
        throw ExitNow{2, std::string{wrong.what()} + "\n"};
    } catch (const CLI::ParseError& error) {
        std::ostringstream out, complaint;
        const int code = app.exit(error, out, complaint);
        throw ExitNow{code == 0 ? 0 : 2, code == 0 ? out.str() : complaint.str()};
    }
    if (print_config) throw ExitNow{0, app.config_to_str(true) + "\n"};
    return options;
}

}  // namespace reference_server
