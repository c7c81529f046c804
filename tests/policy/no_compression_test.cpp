#include <kingbolt/policy/permessage_deflate.hpp>

#include <type_traits>

#include "support/catch.hpp"

using namespace kingbolt;

TEST_CASE("without compression a connection holds nothing for it, and every frame is sent as it is") {
    NoCompression::State state;
    STATIC_REQUIRE(std::is_empty_v<NoCompression::State>);
    const ExtensionOffer offer{"permessage-deflate"};
    CHECK_FALSE(NoCompression::accept(state, {&offer, 1}));
    CHECK_FALSE(NoCompression::active(state));
    const Frame frame = Frame::encode(Opcode::text, "message");
    CHECK(&NoCompression::deflated(state, frame) == &frame);
}
