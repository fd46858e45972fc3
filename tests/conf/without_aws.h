/* SPDX-License-Identifier: Apache-2.0 */
/*
 * without_aws.h - cmocka's setup and teardown, for a group or a test. The setup unsets the
 * environment variables that a configuration reads; the teardown restores the environment.
 */
#ifndef TESTS_CONF_WITHOUT_AWS_H
#define TESTS_CONF_WITHOUT_AWS_H

#include "environment.h"

UNUSED static int forget_aws(void **state)
{
    static const char *const names[] = {"AWS_REGION",
                                        "AWS_DEFAULT_REGION",
                                        "AWS_ENDPOINT_URL",
                                        "AWS_ENDPOINT_URL_SQS",
                                        "AWS_ENDPOINT_URL_S3",
                                        "AWS_ENDPOINT_URL_STS",
                                        "AWS_USE_FIPS_ENDPOINT",
                                        "AWS_USE_DUALSTACK_ENDPOINT",
                                        "AWS_CA_BUNDLE"};
    *state = environment_save();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)unsetenv(names[i]);
    }
    return 0;
}

UNUSED static int restore_environment(void **state)
{
    environment_restore(*state);
    return 0;
}

#endif
