// What a client writes into `Forwarded` and `X-Forwarded-For` never breaks anything, and never hides the words of the proxy behind it.

#include <kingbolt/policy/trusted_proxies.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const kingbolt::TrustedProxies proxies{.networks = {"10.0.0.0/8", "2001:db8:ffff::/48"}};
    static const auto proxy = kingbolt::RemoteAddress::parse_address("10.0.0.1").value();
    static const auto client = kingbolt::RemoteAddress::parse_address("203.0.113.9").value();

    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto client_of = [](kingbolt::HttpHeaders headers) { return proxies.client_of(proxy, {.headers = std::move(headers)}); };
    for (const char* name : {"Forwarded", "X-Forwarded-For"}) {
        const auto alone = client_of({{name, text}});
        // An empty line changes nothing, nor does a second copy of the whole list where the first did not lead to a proxy.
        if (client_of({{name, text}, {name, ""}}) != alone) std::abort();
        if (!proxies.trusts(alone) && client_of({{name, text}, {name, text}}) != alone) std::abort();
    }
    if (client_of({{"Forwarded", text + ",by=\"\\\",\";for=203.0.113.9"}}) != client) std::abort();
    if (client_of({{"Forwarded", text}, {"Forwarded", "for=\"203.0.113.9:1\""}}) != client) std::abort();
    if (client_of({{"X-Forwarded-For", text + ",203.0.113.9"}}) != client) std::abort();
    return 0;
}
