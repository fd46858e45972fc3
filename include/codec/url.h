/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url.h - percent-encoding as AWS requires it, and the parts of an endpoint's URL.
 *
 *     url_encode_path(&out, SPAN("logs/a b+c.gz"))     logs/a%20b%2Bc.gz
 *     url_decode_form(&out, SPAN("logs/a+b%2Bc.gz"))   logs/a b+c.gz    (keys in notifications)
 *
 * The encoding is the strict one of SigV4: unreserved bytes of RFC 3986 stay, all others become %XX
 * in upper case. It is the same in the request and in the signature, because S3 decodes a path and
 * encodes it strictly before it checks the signature.
 *
 * Names from outside (buckets, regions) are checked here before they become part of a host name.
 * Threads: no state.
 */
#ifndef CODEC_URL_H
#define CODEC_URL_H

#include "base/buf.h"

void url_encode(struct buf *out, struct span bytes);      /* all bytes except A-Z a-z 0-9 - . _ ~ */
void url_encode_path(struct buf *out, struct span bytes); /* as url_encode, except that / stays */

/*
 * Append the text with each %XX (in either case) decoded. A '%' that is not followed by two hex
 * digits is kept. Returns the number of these.
 */
size_t url_decode(struct buf *out, struct span text);

/* As url_decode, for form encoding: '+' becomes a space. */
size_t url_decode_form(struct buf *out, struct span text);

/*
 * Whether a bucket name may become part of a host name or path: 3 to 63 of a-z 0-9 . -, without
 * "..", first and last character alphanumeric, not an IPv4 address.
 */
MUST_USE bool url_bucket_ok(struct span bucket);

/* Whether a region name is valid: 1 to 32 of a-z 0-9 -, first and last character alphanumeric. */
MUST_USE bool url_region_ok(struct span region);

/* The parts of an absolute http or https URL. All spans point into the text. */
struct url {
    bool tls;
    bool bracketed; /* the host is an IPv6 address; `host` does not include the brackets */
    struct span host;
    unsigned port;     /* the scheme's default if the URL has none */
    struct span path;  /* begins with a slash; "" if there is none */
    struct span query; /* without '?'; "" if there is none */
};

/*
 * Split scheme://host[:port][/path][?query]. False for anything else: user info, fragments, control
 * bytes, blanks, invalid hosts and ports.
 */
MUST_USE bool url_split(struct span text, struct url *out);

/*
 * Whether both URLs name the same resource. Not distinguished: the scheme, upper and lower case of
 * the host and a dot at its end, a port that is the scheme's default, slashes at the end of the
 * path, and how characters of the path are percent-encoded (RFC 3986 §6.2). False if one of them is
 * no URL.
 */
MUST_USE bool url_same(struct span a, struct span b);

/*
 * Append a text that is equal for two URLs if and only if they are the same: to sort them or look
 * them up. It may contain any byte, and has at most URL_IDENTITY_BYTES more than the URL. False: it
 * is no URL.
 */
enum { URL_IDENTITY_BYTES = 16 };
MUST_USE bool url_add_identity(struct buf *out, struct span text);

/* Append the value of the Host header: the host, and the port unless it is the scheme's default. */
void url_add_authority(struct buf *out, const struct url *u);

/*
 * Whether the host is localhost, *.localhost, in 127.0.0.0/8, or ::1: plain http is allowed for
 * these.
 */
MUST_USE bool url_is_loopback(const struct url *u);

#endif
