"""Lines as the IM SDK writes them, made after its logs of 4.x to 8.x."""
# ruff: noqa: E501 - log lines as they are

OPENED = "^^^^^^^^^^Dec 12 2023^^^15:15:13^^^^^^^^^^[0,0][2024-01-01 +0800 08:47:04]"


def im(function, message, level="I", time="08:47:04.162", pid=4104):
    """Return a line of 5.x to 8.x."""
    return f"TIM: 2024-01-01 {time} {level} {pid}-4156       |-login.cpp:380      {function:<40}|{message}"


def im46(function, message, level="I"):
    """Return a line of 4.6."""
    return (
        f"TIM: 2024-01-01 08:47:04.162/{level}/4104-22113     /Common      "
        f"-tls.cpp.216  {function:<42}/{message}"
    )


def im40(function, message, level="D"):
    """Return a line of 4.0."""
    return f"2024-01-01 08:47:04.162| 21504|looper_logic|{level}| transport.cpp:190 |{function} > {message}"


def console(function, message, level="I"):
    """Return a line of 8.8 as logcat shows it."""
    return f"{level}/imsdk   (15282): TIM: |-channel.cpp:59      {function:<40}|{message}"
