#pragma once
// Owners of what OpenSSL allocates.

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>
#include <new>

namespace kingbolt::security {

template <auto free>
struct FreedBy {
    template <class T>
    void operator()(T* object) const noexcept {
        free(object);
    }
};

using Bignum = std::unique_ptr<BIGNUM, FreedBy<BN_free>>;
using Bio = std::unique_ptr<BIO, FreedBy<BIO_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, FreedBy<ECDSA_SIG_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreedBy<EVP_MD_CTX_free>>;
using Mac = std::unique_ptr<EVP_MAC, FreedBy<EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreedBy<EVP_MAC_CTX_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, FreedBy<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, FreedBy<OSSL_PARAM_free>>;
using PublicKey = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using PublicKeyContext = std::unique_ptr<EVP_PKEY_CTX, FreedBy<EVP_PKEY_CTX_free>>;

/// The result of an OpenSSL call that fails only for want of memory.
template <class T>
T* allocated(T* object) {
    if (object == nullptr) throw std::bad_alloc{};
    return object;
}

/// Takes back what is put into the thread's queue of errors: TLS on the same thread would take it for its own (SSL_get_error(3)).
class ErrorQueueKept {
public:
    ErrorQueueKept() noexcept { ERR_set_mark(); }
    ~ErrorQueueKept() { ERR_pop_to_mark(); }
    ErrorQueueKept(const ErrorQueueKept&) = delete;
    ErrorQueueKept& operator=(const ErrorQueueKept&) = delete;
};

}  // namespace kingbolt::security
