/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The versions of the loaded libraries, not of those at build time, since a distribution's fixes
 * and defects are in the former. ISA-L, libconfig and snappy have no function for it.
 */
#include "app/version.h"

#include "base/commit.h"
#include "codec/json.h"

#include <curl/curl.h>
#include <expat.h>
#include <isa-l.h>
#include <json.h>
#include <libconfig.h>
#include <librdkafka/rdkafka.h>
#include <lz4.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <xxhash.h>
#include <zstd.h>

void version_print(void)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    unsigned xxh = XXH_versionNumber();
    (void)printf("asymptote-ingest %s\n", INGEST_VERSION);
    (void)printf("commit %s\n", ingest_commit);
    (void)printf("librdkafka %s\n", rd_kafka_version_str());
    (void)printf("libcurl %s (%s)\n", curl->version,
                 curl->ssl_version != NULL ? curl->ssl_version : "without TLS");
    (void)printf("%s\n", OpenSSL_version(OPENSSL_VERSION));
    (void)printf("%s\n", json_engine());
    (void)printf("ISA-L %d.%d.%d (built with)\n", ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION,
                 ISAL_PATCH_VERSION);
    (void)printf("zstd %s\n", ZSTD_versionString());
    (void)printf("LZ4 %s\n", LZ4_versionString());
    (void)printf("xxHash %u.%u.%u\n", xxh / 10000, xxh / 100 % 100, xxh % 100);
    (void)printf("json-c %s\n", json_c_version());
    (void)printf("%s\n", XML_ExpatVersion());
    (void)printf("libmicrohttpd %s\n", MHD_get_version());
    (void)printf("libconfig %d.%d.%d (built with)\n", LIBCONFIG_VER_MAJOR, LIBCONFIG_VER_MINOR,
                 LIBCONFIG_VER_REVISION);
}
