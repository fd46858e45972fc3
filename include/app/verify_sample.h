/* SPDX-License-Identifier: Apache-2.0 */
/* verify_sample.h - what the beginning of an object is, for check format.sample of `verify`. */
#ifndef APP_VERIFY_SAMPLE_H
#define APP_VERIFY_SAMPLE_H

#include "verify/verify.h"

verify_sample_fn verify_sample;

#endif
