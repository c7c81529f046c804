// libwebsockets with a queue of shared messages per session, written from its "writeable" callback as it wants it: one message for
// each. Over its own loop, poll(): over libuv, and with several messages for each callback, it measured slower.
//
//     peer_libwebsockets PORT fanout|echo

#include "bench/server.hpp"

#include <libwebsockets.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <new>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace {

// Room for the frame's header, which the library writes in front of the text, and the text.
using Text = std::shared_ptr<std::vector<unsigned char>>;

struct Session {
    Text incoming;  // what has come of a message
    std::deque<Text> queue;
};

bench::Mode mode;
std::unordered_set<lws*> subscribers;

void send(lws* to, const Text& text) {
    static_cast<Session*>(lws_wsi_user(to))->queue.push_back(text);
    lws_callback_on_writable(to);
}

void receive(lws* from, Session& session, const void* data, std::size_t size) {
    if (!session.incoming) session.incoming = std::make_shared<std::vector<unsigned char>>(LWS_PRE);
    const auto* bytes = static_cast<const unsigned char*>(data);
    session.incoming->insert(session.incoming->end(), bytes, bytes + size);
    if (lws_is_final_fragment(from) == 0 || lws_remaining_packet_payload(from) != 0) return;
    const Text text = std::move(session.incoming);
    session.incoming = nullptr;
    if (mode == bench::Mode::echo)
        send(from, text);
    else
        for (lws* subscriber : subscribers) send(subscriber, text);
}

int write(lws* to, Session& session) {
    if (session.queue.empty()) return 0;
    const Text text = session.queue.front();
    session.queue.pop_front();
    if (!session.queue.empty()) lws_callback_on_writable(to);
    const std::size_t size = text->size() - LWS_PRE;
    return lws_write(to, text->data() + LWS_PRE, size, LWS_WRITE_TEXT) < static_cast<int>(size) ? -1 : 0;
}

int on_event(lws* wsi, lws_callback_reasons reason, void* user, void* data, std::size_t size) {
    auto* session = static_cast<Session*>(user);
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED: {
        new (session) Session;
        std::array<char, 64> path{};
        lws_hdr_copy(wsi, path.data(), static_cast<int>(path.size()), WSI_TOKEN_GET_URI);
        if (std::string_view{path.data()} != "/publish") subscribers.insert(wsi);
        return 0;
    }
    case LWS_CALLBACK_RECEIVE: receive(wsi, *session, data, size); return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE: return write(wsi, *session);
    case LWS_CALLBACK_CLOSED:
        subscribers.erase(wsi);
        session->~Session();
        return 0;
    default: return 0;
    }
}

}  // namespace

int main(int argc, char** argv) {
    bench::allow_many_sockets();
    const auto arguments = bench::server_arguments(argc, argv);
    mode = arguments.mode;
    lws_set_log_level(LLL_ERR, nullptr);

    std::array<lws_protocols, 2> protocols{};
    protocols[0].name = "messages";
    protocols[0].callback = on_event;
    protocols[0].per_session_data_size = sizeof(Session);

    lws_context_creation_info info{};
    info.port = arguments.port;
    info.iface = "127.0.0.1";
    info.protocols = protocols.data();
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    lws_context* context = lws_create_context(&info);
    lws_vhost* vhost = context == nullptr ? nullptr : lws_create_vhost(context, &info);
    if (vhost == nullptr) return 1;
    bench::announce_port(static_cast<std::uint16_t>(lws_get_vhost_listen_port(vhost)));
    while (lws_service(context, 0) >= 0) {
    }
}
