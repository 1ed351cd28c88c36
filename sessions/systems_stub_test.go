package sessions_test
var spatium, caspio, mistakes system
