// SPDX-License-Identifier: Apache-2.0
#include "words.h"

#include <string.h>

unsigned int words__distance(const char *a, const char *b)
{
	unsigned int d[32][32], i, j, n = (unsigned int)strlen(a), m = (unsigned int)strlen(b),
				      best;

	if (n > 31 || m > 31)
		return 99;
	for (i = 0; i <= n; i++) {
		for (j = 0; j <= m; j++) {
			if (!i || !j) {
				d[i][j] = i + j;
				continue;
			}
			best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[n][m];
}
