package record

import "errors"

// ErrFormat says that bytes are no record, or one that a newer version of this
// module wrote. They must be left as they are.
var ErrFormat = errors.New("record: unknown format")

const (
	magic   = "hfr"
	version = 1
)

// The fields of a record.
const (
	fieldIdentity   = 1
	fieldGrant      = 2
	fieldGeneration = 3
	fieldStatus     = 4
	fieldWritten    = 5
	fieldToken      = 6
	fieldCause      = 7
	fieldDoubted    = 8
	fieldClaim      = 9
	fieldRejected   = 10
	fieldRenewer    = 11
)

// The fields of a token. Scopes and Extra are there when they are not nil: no
// scope at all is an answer, and differs from none given.
const (
	fieldAccess        = 1
	fieldRefresh       = 2
	fieldType          = 3
	fieldIssued        = 4
	fieldExpiry        = 5
	fieldRefreshExpiry = 6
	fieldScopes        = 7
	fieldExtra         = 8
)

// The fields of a cause.
const (
	fieldVerdict    = 1
	fieldReason     = 2
	fieldHTTPStatus = 3
	fieldCode       = 4
	fieldAttempt    = 5
	fieldRetryAfter = 6
)

// The fields of a claim.
const (
	fieldOwner  = 1
	fieldNumber = 2
	fieldLength = 3
	fieldDoubt  = 4
)
