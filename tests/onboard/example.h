/* SPDX-License-Identifier: Apache-2.0 */
/* example.h - the customer of docs/aws.md as a model. */
#ifndef TESTS_ONBOARD_EXAMPLE_H
#define TESTS_ONBOARD_EXAMPLE_H

#include "onboard/model.h"

/* All required values, finished and correct. */
struct model *example_model(void);

#endif
