/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
#include "codec/calendar.h"

static bool is_leap_year(int y)
{
    return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

bool civil_ok(const struct civil *c)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (c->year < CALENDAR_YEAR_MIN || c->year > CALENDAR_YEAR_MAX || c->month < 1 ||
        c->month > 12) {
        return false;
    }
    int last = days[c->month - 1] + (c->month == 2 && is_leap_year(c->year) ? 1 : 0);
    return c->day >= 1 && c->day <= last && c->hour <= 23 && c->minute <= 59 && c->second <= 60;
}

/* Days from 1970-01-01 to the date. Years begin in March here, so that the leap day is the last. */
static int64_t days_of(int year, int month, int day)
{
    int y = year - (month <= 2 ? 1 : 0);
    int era = y / 400;
    int of_era = y - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return (int64_t)era * 146097 + days - 719468;
}

void civil_of(int64_t seconds, struct civil *c)
{
    int64_t days = seconds / 86400;
    int rest = (int)(seconds % 86400);
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    days += 719468;
    int64_t era = days / 146097;
    int of_era = (int)(days - era * 146097);
    int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (5 * of_year + 2) / 153;
    c->day = of_year - (153 * month + 2) / 5 + 1;
    c->month = month + (month < 10 ? 3 : -9);
    c->year = (int)era * 400 + year + (c->month <= 2 ? 1 : 0);
    c->hour = rest / 3600;
    c->minute = rest / 60 % 60;
    c->second = rest % 60;
}

int64_t civil_seconds(const struct civil *c)
{
    return days_of(c->year, c->month, c->day) * 86400 + c->hour * 3600 + c->minute * 60 + c->second;
}

bool civil_in_range(int64_t seconds)
{
    return seconds >= days_of(CALENDAR_YEAR_MIN, 1, 1) * 86400 &&
           seconds < days_of(CALENDAR_YEAR_MAX + 1, 1, 1) * 86400;
}
