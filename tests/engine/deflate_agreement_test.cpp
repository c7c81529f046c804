// RFC 7692 §7.1, from the text of a header to the text of the answer.

#include <kingbolt/engine/deflate_agreement.hpp>
#include <kingbolt/engine/upgrade.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using engine::DeflateAgreement;

namespace {

std::optional<engine::DeflateAnswer> answer(const std::string& header, const PermessageDeflate& options = {}) {
    std::vector<ExtensionOffer> offers;
    REQUIRE(engine::upgrade::read_extensions({{"Sec-WebSocket-Extensions", header}}, offers));
    return engine::agree_on_deflate(offers, options);
}

std::string response(const std::string& header, const PermessageDeflate& options = {}) {
    const auto answered = answer(header, options);
    return answered ? answered->response : "declined";
}

constexpr PermessageDeflate both_contexts{.server_context_takeover = true, .client_context_takeover = true};

}  // namespace

TEST_CASE("as it stands, the server takes no context over, and tells the client not to") {
    const std::string none = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    CHECK(response("permessage-deflate") == none);
    CHECK(response("permessage-deflate; client_max_window_bits") == none);  // what browsers offer
    CHECK(response("permessage-deflate; server_no_context_takeover; client_no_context_takeover") == none);
    CHECK(answer("permessage-deflate")->agreement == DeflateAgreement{});
}

TEST_CASE("a context is taken over where both sides will") {
    CHECK(response("permessage-deflate", both_contexts) == "permessage-deflate");
    CHECK(answer("permessage-deflate", both_contexts)->agreement ==
          DeflateAgreement{.server_context_takeover = true, .client_context_takeover = true});
    CHECK(response("permessage-deflate; server_no_context_takeover", both_contexts) == "permessage-deflate; server_no_context_takeover");
    CHECK(response("permessage-deflate; client_no_context_takeover", both_contexts) == "permessage-deflate; client_no_context_takeover");
    CHECK(response("permessage-deflate", {.server_context_takeover = true}) == "permessage-deflate; client_no_context_takeover");
    CHECK(response("permessage-deflate", {.client_context_takeover = true}) == "permessage-deflate; server_no_context_takeover");
}

TEST_CASE("the server's window is the smaller of what it has and what the client asks for") {
    CHECK(response("permessage-deflate; server_max_window_bits=10", both_contexts) == "permessage-deflate; server_max_window_bits=10");
    CHECK(response("permessage-deflate; server_max_window_bits=15", both_contexts) == "permessage-deflate; server_max_window_bits=15");
    CHECK(response("permessage-deflate; server_max_window_bits=\"10\"", both_contexts) == "permessage-deflate; server_max_window_bits=10");
    PermessageDeflate small = both_contexts;
    small.server_max_window_bits = 11;
    CHECK(response("permessage-deflate; server_max_window_bits=10", small) == "permessage-deflate; server_max_window_bits=10");
    CHECK(response("permessage-deflate; server_max_window_bits=12", small) == "permessage-deflate; server_max_window_bits=11");
    CHECK(response("permessage-deflate", small) == "permessage-deflate; server_max_window_bits=11");  // §7.1.2.1: unasked, too
}

TEST_CASE("for a window of 8 bits there is no deflater in zlib, so the client gets no context takeover") {
    CHECK(response("permessage-deflate; server_max_window_bits=8", both_contexts) ==
          "permessage-deflate; server_no_context_takeover; server_max_window_bits=8");
}

TEST_CASE("the client's window is answered only when the client said that it lets itself be told") {
    PermessageDeflate small = both_contexts;
    small.client_max_window_bits = 10;
    CHECK(response("permessage-deflate; client_max_window_bits", small) == "permessage-deflate; client_max_window_bits=10");
    CHECK(response("permessage-deflate; client_max_window_bits=12", small) == "permessage-deflate; client_max_window_bits=10");
    CHECK(response("permessage-deflate; client_max_window_bits=9", small) == "permessage-deflate; client_max_window_bits=9");
    CHECK(response("permessage-deflate; client_max_window_bits=8", both_contexts) == "permessage-deflate; client_max_window_bits=8");
    CHECK(response("permessage-deflate; client_max_window_bits", both_contexts) == "permessage-deflate");
}

TEST_CASE("a client whose window cannot be bounded as the server wants takes no context over") {
    PermessageDeflate small = both_contexts;
    small.client_max_window_bits = 10;
    CHECK(response("permessage-deflate", small) == "permessage-deflate; client_no_context_takeover");
}

TEST_CASE("the first acceptable offer is taken, whatever stands before it") {
    CHECK(response("x-webkit-deflate-frame, permessage-deflate; future=1, permessage-deflate; server_max_window_bits=9, permessage-deflate",
                   both_contexts) == "permessage-deflate; server_max_window_bits=9");
    CHECK(response("permessage-deflate; server_max_window_bits=7, permessage-bzip2", both_contexts) == "declined");
    CHECK(response("permessage-bzip2") == "declined");
    CHECK_FALSE(engine::agree_on_deflate({}, {}));
}

TEST_CASE("an offer with a parameter that is unknown, comes twice or has a wrong value is declined (§7)") {
    const std::string parameter =
        GENERATE("unknown", "server_no_context_takeover=1", "client_no_context_takeover=true", "server_max_window_bits",
                 "server_max_window_bits=7", "server_max_window_bits=16", "server_max_window_bits=010", "server_max_window_bits=1e1",
                 "server_max_window_bits=-9", "client_max_window_bits=7", "client_max_window_bits=16", "client_max_window_bits=08",
                 "client_max_window_bits=+9", "Server_no_context_takeover", "server_no_context_takeover; server_no_context_takeover",
                 "client_no_context_takeover; client_no_context_takeover", "server_max_window_bits=10; server_max_window_bits=10",
                 "client_max_window_bits; client_max_window_bits", "client_max_window_bits; client_max_window_bits=10",
                 "client_max_window_bits=10; client_max_window_bits");
    CHECK(response("permessage-deflate; " + parameter) == "declined");
}

TEST_CASE("every window from 8 to 15 may be asked for, on either side") {
    const int bits = GENERATE(range(8, 16));
    const auto agreed =
        answer("permessage-deflate; server_max_window_bits=" + std::to_string(bits) + "; client_max_window_bits=" + std::to_string(bits));
    REQUIRE(agreed);
    CHECK(agreed->agreement.server_window_bits == bits);
    CHECK(agreed->agreement.client_window_bits == bits);
}
