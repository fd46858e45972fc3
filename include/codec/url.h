/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url.h - percent encoding as AWS wants it, and taking an endpoint's URL to pieces.
 *
 *     url_encode_path(&out, SPAN("logs/a b+c.gz"))     logs/a%20b%2Bc.gz
 *     url_decode_form(&out, SPAN("logs/a+b%2Bc.gz"))   logs/a b+c.gz    (keys in notifications)
 *
 * The encoding is the strict one of SigV4 (RFC 3986 unreserved bytes stay, all others become
 * %XX in upper case), on the wire and in the signature alike: S3 decodes a path and encodes
 * it strictly before it checks the signature.
 *
 * Names that come from outside (buckets, regions) are checked here before a host name is
 * built of them. Threads: no state.
 */
#ifndef CODEC_URL_H
#define CODEC_URL_H

#include "base/buf.h"

void url_encode(struct buf *out, struct span bytes);      /* all but A-Z a-z 0-9 - . _ ~ */
void url_encode_path(struct buf *out, struct span bytes); /* ... and / */

/*
 * %XX (either case) to bytes. A '%' without two hex digits behind it stays as it is; the
 * number of those is returned.
 */
size_t url_decode(struct buf *out, struct span text);

/* The same for form encoding: '+' is a space. */
size_t url_decode_form(struct buf *out, struct span text);

/* Bucket names that may become part of a host name or path: 3-63 of a-z 0-9 . -, no "..",
 * first and last alphanumeric, not an IPv4 address. */
MUST_USE bool url_bucket_ok(struct span bucket);

/* Region names: 1-32 of a-z 0-9 -, first and last alphanumeric. */
MUST_USE bool url_region_ok(struct span region);

/* An absolute http or https URL in pieces; all spans point into the text. */
struct url {
    bool tls;
    bool bracketed; /* the host is an IPv6 address; host is without the brackets */
    struct span host;
    unsigned port;     /* the scheme's own if none was given */
    struct span path;  /* with its slash, "" if none */
    struct span query; /* without '?', "" if none */
};

/*
 * False for anything else than scheme://host[:port][/path][?query]: user info, fragments,
 * control bytes, blanks, odd hosts and ports are all refused.
 */
MUST_USE bool url_split(struct span text, struct url *out);

/* What goes into the Host header: the port only where it is not the scheme's own. */
void url_add_authority(struct buf *out, const struct url *u);

/* localhost, *.localhost, 127.0.0.0/8, ::1: plain http may be spoken to these. */
MUST_USE bool url_is_loopback(const struct url *u);

#endif
