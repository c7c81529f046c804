#include "metrics.hpp"

namespace reference_server {

kingbolt::HttpResponse Metrics::answer(const kingbolt::HttpRequest& request, const kingbolt::HubStats& of_hub,
                                       const kingbolt::ChannelStats& of_channels,
                                       std::span<const kingbolt::BreakerStats> of_breakers) const {
    if (request.method != "GET") return {.status = 405, .body = "only GET\n", .headers = {{"Allow", "GET"}}};
    // [page]
    kingbolt::metrics::Page page;
    hub.write(page, of_hub);
    write(page, of_channels);
    for (const kingbolt::BreakerStats& breaker : of_breakers) breakers.write(page, breaker);
    return page.response();
    // [page]
}

}  // namespace reference_server
