// SPDX-License-Identifier: MIT

// Shows one moment in local time, as localtime.c does.
package main

import (
	"fmt"
	"time"
)

func main() {
	fmt.Println(time.Unix(1782900000, 0).Format("2006-01-02 15:04 MST"))
}
