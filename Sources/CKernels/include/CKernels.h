// The hot loops of MemVec in C. Every function takes pointers with lengths, keeps none of them after it
// returns, and cannot fail unless its comment says so.
#ifndef CKERNELS_H
#define CKERNELS_H

#include "chance.h"
#include "distance.h"
#include "flat.h"
#include "hash.h"
#include "ivf.h"
#include "ivf_code.h"
#include "ivf_scan.h"
#include "ivf_select.h"
#include "lookup.h"
#include "mentions.h"
#include "residency.h"
#include "table.h"

#endif
