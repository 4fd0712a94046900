"""How the page shows the events of `data/events.yaml`: lane, mood, Chinese words."""

from typing import Final

__all__ = ["EVENT_WORDS"]

EVENT_WORDS: Final = {
    "init": ("login", "plain", "初始化"),
    "init misuse": ("login", "bad", "初始化用法错误"),
    "uninit": ("login", "plain", "反初始化"),
    "onConnecting": ("connect", "plain", "正在连接"),
    "onConnectSuccess": ("connect", "good", "连接成功"),
    "channel connected": ("connect", "good", "通道已连接"),
    "onConnectFailed": ("connect", "bad", "连接失败"),
    "disconnected": ("connect", "bad", "连接断开"),
    "network changed": ("network", "plain", "网络变化"),
    "host name not resolved": ("network", "bad", "域名解析失败"),
    "login begun": ("login", "plain", "开始登录"),
    "login done": ("login", "good", "登录成功"),
    "login failed": ("login", "bad", "登录失败"),
    "re-login begun": ("login", "plain", "开始重新登录"),
    "re-login done": ("login", "good", "重新登录成功"),
    "re-login failed": ("login", "bad", "重新登录失败"),
    "logout": ("login", "plain", "登出"),
    "onKickedOffline": ("kick", "bad", "被踢下线"),
    "onUserSigExpired": ("kick", "bad", "UserSig 过期"),
    "send timeout": ("send", "bad", "发送超时"),
    "no packets": ("network", "bad", "长时间无收发包"),
    "message sent": ("send", "good", "消息发送成功"),
    "message failed": ("send", "bad", "消息发送失败"),
    "message received": ("send", "plain", "收到消息"),
    "synchronized": ("send", "plain", "同步完成"),
    "kicked from group": ("other", "bad", "被移出群组"),
    "group dismissed": ("other", "plain", "群组已解散"),
    "call": ("other", "plain", "通话信令"),
}
"""Event -> its lane in the timeline; good, bad or plain; what it is called in Chinese."""
